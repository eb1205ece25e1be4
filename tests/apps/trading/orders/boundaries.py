"""Where a process can be killed: at what it says to the database and to an exchange, whatever code says it.

Nothing of ours is changed: Django's own hook sees the statements, and the drivers' commit and requests are watched.
"""

import os
import re
import signal
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Where(Enum):
    """The moment at a boundary."""

    STATEMENT = "after the statement, before the commit"
    COMMIT = "after the commit of its transaction"
    LEAVES = "before the request leaves"
    ON_THE_WIRE = "when the request is sent and the answer is not read"
    ANSWERED = "when the answer is there and nothing is done with it"


@dataclass(frozen=True)
class Stop:
    """A boundary: the `nth` statement ("UPDATE … ('sent', …)") or request ("POST /api/v3/order?…") that matches."""

    where: Where
    pattern: str
    nth: int = 1

    def arm(self) -> None:
        """Have this process kill itself there; for good, as a process that is killed needs nothing back."""
        watch = _Watch(self)
        if self.where in (Where.STATEMENT, Where.COMMIT):
            watch.around_statements()
        else:
            watch.around_requests()


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


class _Watch:
    def __init__(self, stop: Stop) -> None:
        self.stop, self.left, self.is_met = stop, stop.nth, False

    def met(self, text: str) -> bool:
        if re.search(self.stop.pattern, text, re.DOTALL) is None:
            return False
        self.left -= 1
        return self.left == 0

    def statement(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if self.met(f"{sql} {params}"):
            self.is_met = True
            if self.stop.where is Where.STATEMENT:
                die()
        return result

    def around_statements(self) -> None:
        import psycopg  # a process that is watched at its requests only may have neither
        from django.db import connection

        driver: Any = psycopg.Connection
        connection.execute_wrappers.append(self.statement)
        commit = driver.commit

        def watched(opened: Any) -> None:
            commit(opened)
            if self.is_met:
                die()

        driver.commit = watched

    def around_requests(self) -> None:
        from urllib3.connection import HTTPConnection

        requests: Any = HTTPConnection
        request, getresponse = requests.request, requests.getresponse

        def asked(opened: Any, method: str, url: str, *args: Any, **kwargs: Any) -> None:
            self.is_met = self.met(f"{method} {url}")
            if self.is_met and self.stop.where is Where.LEAVES:
                die()
            request(opened, method, url, *args, **kwargs)

        def answered(opened: Any) -> Any:
            if self.is_met and self.stop.where is Where.ON_THE_WIRE:
                die()
            found = getresponse(opened)
            if self.is_met:
                die()
            return found

        requests.request = asked
        requests.getresponse = answered
