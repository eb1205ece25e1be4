"""Entering a tenant: in threads, in coroutines, in tasks. Nothing else calls `set_schema`."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import connection as plain_connection
from django_tenants.utils import schema_context

from apps.core.errors import NoTenant

connection: Any = plain_connection
"""django-tenants adds `schema_name` and `set_schema`; its classes carry no types."""

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = "public"
_schema: ContextVar[str] = ContextVar("schema")
_request_id: ContextVar[str] = ContextVar("request_id", default="")


def current_schema() -> str:
    """Return the schema this code runs in.

    In a coroutine the database connection belongs to another thread, so the context variable answers; it raises
    NoTenant when nobody set it, because a wrong schema would be silent.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return str(connection.schema_name)
    try:
        return _schema.get()
    except LookupError:
        raise NoTenant from None


def current_tenant_schema() -> str:
    """Return the schema of the tenant, or raise NoTenant in the public schema."""
    schema = current_schema()
    if schema == PUBLIC:
        raise NoTenant
    return schema


@contextmanager
def in_schema(schema: str) -> Iterator[None]:
    """Run the block inside a schema: database connection of this thread and context variable together."""
    token = _schema.set(schema)
    try:
        with schema_context(schema):
            yield
    finally:
        _schema.reset(token)


def require_schema(schema: str) -> None:
    """Raise NoTenant unless the schema is public's or a tenant's, and is there.

    The search path ends in public: in a schema that is gone, tables that stand in both would silently be public's. So
    the question is asked each time: a worker lives longer than a tenant may.
    """
    if schema == PUBLIC:
        return
    with plain_connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM public.tenants_tenant t JOIN pg_namespace n ON n.nspname = t.schema_name"
            " WHERE t.schema_name = %s",
            [schema],
        )
        if cursor.fetchone() is None:
            raise NoTenant


@contextmanager
def mark_schema(schema: str) -> Iterator[None]:
    """Name the schema for coroutines of this context, without touching a database connection."""
    token = _schema.set(schema)
    try:
        yield
    finally:
        _schema.reset(token)


def in_tenant_thread(schema: str, function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Return an awaitable form of a database function that enters the schema inside the worker thread.

    Worker threads are shared by all consumers and remember the schema of the last one, so each hop enters its own.
    """

    @functools.wraps(function)
    def entered(*args: P.args, **kwargs: P.kwargs) -> R:
        with in_schema(schema):
            return function(*args, **kwargs)

    hop: Any = database_sync_to_async(entered)
    return hop  # type: ignore[no-any-return]  # channels ships no types


@contextmanager
def request_scope(request_id: str) -> Iterator[None]:
    """Bind a request id to logs and audit rows written in the block."""
    token = _request_id.set(request_id)
    try:
        yield
    finally:
        _request_id.reset(token)


def current_request_id() -> str:
    """Return the id of the request or task this code runs for, or an empty string."""
    return _request_id.get()
