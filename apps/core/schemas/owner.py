"""Working as the owner of the database for a moment."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from apps.core.errors import Defect

SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
RESERVED = frozenset({"public", "information_schema", "pg_catalog"})


class BadSchemaName(Defect):
    """Schema names are made by the server; this one cannot be."""

    code = "core.bad_schema_name"
    message = "“{schema}” is not a schema name of ours."


def checked_schema_name(schema: str) -> str:
    """Return a tenant schema's name, or raise BadSchemaName."""
    if not SCHEMA_NAME.fullmatch(schema) or schema in RESERVED or schema.startswith("pg_"):
        raise BadSchemaName(schema=schema)
    return schema


@contextmanager
def as_owner() -> Iterator[None]:
    """Run the block with this thread's connection opened as the owner role (DDL, purge, provisioning).

    Raises Defect inside a transaction, because the connection is replaced.
    """
    owner = settings.OWNER_DATABASE
    if connection.settings_dict["USER"] == owner.user:
        yield
        return
    if connection.in_atomic_block:
        raise Defect("Owner work cannot start inside a transaction.")
    shared = connection.settings_dict
    options = {key: value for key, value in shared["OPTIONS"].items() if key != "pool"}
    connection.close()
    # A copy: the dictionary itself is shared by the connections of all threads.
    connection.settings_dict = {
        **shared,
        "USER": owner.user,
        "PASSWORD": owner.password,
        "HOST": owner.host,
        "PORT": owner.port,
        "OPTIONS": options,
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = shared


def application_role() -> str:
    """Return the name of the role that the running product uses."""
    return str(settings.APPLICATION_ROLE)
