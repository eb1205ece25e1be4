"""What the application role may do: read and write rows, never change tables, never touch what is append-only."""

from typing import Any

from django.apps import apps
from django.db import connection
from psycopg import sql

from apps.core.context import in_schema
from apps.core.router import placement_of
from apps.core.schemas.owner import application_role

APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "core_auditevent": ("seal_id",),
    "core_auditseal": (),
    "core_approvalvote": (),
    "core_asset": (),
    "core_proofreport": (),
}
"""Table → columns that may be updated once; no other UPDATE, no DELETE."""


def declare_append_only(table: str, *, updatable: tuple[str, ...] = ()) -> None:
    """Add a table to those whose rows the application role may only insert and read."""
    APPEND_ONLY[table] = updatable


READ_ONLY: set[str] = set()
"""Tables that only a function of the database writes, running as their owner."""


def declare_read_only(table: str, *, updatable: tuple[str, ...] = ()) -> None:
    """Add a table to those the application role may only read: one function, running as owner, is their writer."""
    READ_ONLY.add(table)
    APPEND_ONLY[table] = updatable


def apply_grants(schema: str) -> None:
    """Give the application role its rights in a schema. Safe to repeat; run as owner."""
    role = application_role()
    with in_schema(schema), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        owner: Any = cursor.fetchone()
        if owner[0] == role:
            return
        cursor.execute(_statements(schema, role))


def _statements(schema: str, role: str) -> str:
    parts: dict[str, sql.Composable] = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
    lines = [
        sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {role}"),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {role}"),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}"),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}"),
        sql.SQL("REVOKE CREATE ON SCHEMA {schema} FROM {role}"),
        sql.SQL("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} FROM PUBLIC"),
        sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}"),
    ]
    text = [line.format(**parts).as_string(None) for line in lines]
    present = set(connection.introspection.table_names())
    for table, updatable in APPEND_ONLY.items():
        if table in present:
            named = {**parts, "table": sql.Identifier(table)}
            text.append(
                sql.SQL("REVOKE UPDATE, DELETE ON {schema}.{table} FROM {role}").format(**named).as_string(None)
            )
            if updatable:
                columns = sql.SQL(", ").join(sql.Identifier(column) for column in updatable)
                grant = sql.SQL("GRANT UPDATE ({columns}) ON {schema}.{table} TO {role}")
                text.append(grant.format(columns=columns, **named).as_string(None))
    for table in sorted(READ_ONLY & present):
        named = {**parts, "table": sql.Identifier(table)}
        text.append(sql.SQL("REVOKE INSERT ON {schema}.{table} FROM {role}").format(**named).as_string(None))
    return ";\n".join(text)


def append_only_tables() -> list[str]:
    """Return the declared tables that some model of ours has (a spelling mistake would guard nothing)."""
    known = {model._meta.db_table for model in apps.get_models() if placement_of(model)}
    return sorted(table for table in APPEND_ONLY if table in known)
