"""Caches in Redis with a name, an expiry and a way to throw them away. Nothing on a shelf is truth.

Keys begin with `public:` or with the tenant's schema. An empty or silent Redis costs the time of making the value
anew. Hits and misses are counted by shelf, so that the product can say what a cache is worth.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import redis

from apps.core.context import current_schema
from apps.core.live.publishing import client

V = TypeVar("V")
logger = logging.getLogger("outcry.shelves")
COUNTERS = "public:shelf:counters"
_names: set[str] = set()


@dataclass(frozen=True, slots=True)
class Rate:
    """How often a shelf had what was asked for."""

    name: str
    hits: int
    misses: int

    @property
    def percent(self) -> int | None:
        """Hits of all questions in percent, rounded down; None before the first question."""
        asked = self.hits + self.misses
        return None if not asked else self.hits * 100 // asked


class Shelf:
    """Values as JSON under texts. `per_tenant` shelves are apart for each schema; the others are public facts."""

    def __init__(self, name: str, *, seconds: int, per_tenant: bool = False) -> None:
        self.name, self.seconds, self.per_tenant = name, seconds, per_tenant
        _names.add(name)

    def get(self, key: str, make: Callable[[], V]) -> V:
        """Return the value under `key`, made and kept when it is not there. Values come back as JSON gives them."""
        try:
            place = self._place(key)
            found: Any = client().get(place)
        except redis.RedisError:
            return make()
        if found is not None:
            self._count("hits")
            return json.loads(found)  # type: ignore[no-any-return]  # what make() gave
        made = make()
        try:
            client().set(place, json.dumps(made, separators=(",", ":")), ex=self.seconds)
        except redis.RedisError:
            logger.warning("a shelf is not kept", extra={"shelf": self.name})
        self._count("misses")
        return made

    def forget(self, key: str) -> None:
        """Throw one value away. Call it after the commit of what changed it."""
        self._tell(lambda: client().delete(self._place(key)))

    def forget_all(self) -> None:
        """Throw the whole shelf away (of this tenant, for one that is per tenant)."""
        self._tell(lambda: client().incr(f"{self._root()}:age"))

    def _root(self) -> str:
        return f"{current_schema() if self.per_tenant else 'public'}:shelf:{self.name}"

    def _place(self, key: str) -> str:
        root = self._root()
        age: Any = client().get(f"{root}:age")
        return f"{root}:{int(age or 0)}:{key}"

    def _count(self, what: str) -> None:
        self._tell(lambda: client().hincrby(COUNTERS, f"{self.name}:{what}", 1))

    def _tell(self, act: Callable[[], Any]) -> None:
        try:
            act()
        except redis.RedisError:
            logger.warning("a shelf is not reached", extra={"shelf": self.name})


def hit_rates() -> list[Rate]:
    """Return the hit rate of every shelf since Redis was emptied, by name."""
    try:
        found: Any = client().hgetall(COUNTERS)
    except redis.RedisError:
        found = {}
    return [
        Rate(name, int(found.get(f"{name}:hits".encode(), 0)), int(found.get(f"{name}:misses".encode(), 0)))
        for name in sorted(_names)
    ]
