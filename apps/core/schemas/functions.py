"""Functions of the database that belong to a schema, beside its tables and triggers."""

from django.db import connection

from apps.core.context import PUBLIC
from apps.core.errors import Defect
from apps.core.placement import Placement

_declared: dict[str, tuple[Placement, str]] = {}


def declare_function(name: str, text: str, *, placement: Placement = Placement.TENANT) -> None:
    """Add the DDL of function `name` to every schema of a placement (CREATE OR REPLACE, names unqualified).

    A changed text needs a migration with the new text; a test compares replayed with migrated schemas.
    """
    if _declared.get(name, (placement, text)) != (placement, text):
        raise Defect(f"Function {name} is declared twice.")
    _declared[name] = (placement, text)


def functions_here() -> list[str]:
    """Return the DDL of the functions that belong to the schema this connection stands in."""
    here = Placement.PUBLIC if getattr(connection, "schema_name", PUBLIC) == PUBLIC else Placement.TENANT
    return [text for _, (placement, text) in sorted(_declared.items()) if placement in (here, Placement.BOTH)]
