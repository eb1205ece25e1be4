"""One line per log record: JSON for machines, plain for the terminal, both with tenant and request."""

import json
import logging
from typing import Any

from apps.core.context import current_request_id, current_schema
from apps.core.errors import NoTenant

STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message, tenant, request id, and whatever was given as `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one JSON object."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "tenant": _schema(),
            "request": current_request_id(),
            **_extra(record),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class PlainFormatter(logging.Formatter):
    """Level, logger, message and extras, for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as readable text."""
        extra = " ".join(f"{key}={value}" for key, value in _extra(record).items())
        line = f"{record.levelname:<7} {record.name}: {record.getMessage()} {extra}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in record.__dict__.items() if key not in STANDARD}


def _schema() -> str:
    try:
        return current_schema()
    except NoTenant:
        return ""
