"""Which schemas a piece of code reads or writes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def opened_schemas() -> Iterator[set[str]]:
    """Yield the set of schemas in which the block ran a statement; it fills while the block runs."""
    seen: set[str] = set()

    def note(execute: Any, statement: Any, params: Any, many: Any, context: Any) -> Any:
        seen.add(context["connection"].schema_name)
        return execute(statement, params, many, context)

    with connection.execute_wrapper(note):
        yield seen
