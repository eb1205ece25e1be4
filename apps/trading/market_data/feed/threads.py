"""From the feed's coroutines to the database and back."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from apps.core.context import PUBLIC, in_tenant_thread

P = ParamSpec("P")
R = TypeVar("R")


def hop(function: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """Return a database function as an awaitable that runs in a thread, in public."""
    return in_tenant_thread(PUBLIC, function)
