"""Reading the files that Django's file-based mail backend wrote. Development only."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

HEADER = "X-Tenant-Schema"
MOST = 100
SEPARATOR = b"-" * 79 + b"\n"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the page shows it."""

    id: str
    subject: str
    to: str
    sender: str
    time: str
    text: str


def list_mails(schema: str) -> list[Mail]:
    """Return the newest mails that were written for a schema, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    found: list[Mail] = []
    for file in files[: MOST * 5]:
        for number, part in enumerate(reversed(file.read_bytes().split(SEPARATOR))):
            if part.strip():
                found += _read(f"{file.stem}-{number}", part, schema)
        if len(found) >= MOST:
            break
    return found[:MOST]


def _read(name: str, raw: bytes, schema: str) -> list[Mail]:
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage) or message.get(HEADER) != schema:
        return []
    body = message.get_body(("plain",))
    return [
        Mail(
            id=name,
            subject=str(message.get("Subject", "")),
            to=str(message.get("To", "")),
            sender=str(message.get("From", "")),
            time=str(message.get("Date", "")),
            text=body.get_content() if body is not None else "",
        )
    ]
