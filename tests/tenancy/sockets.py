"""Every socket of the product as a person of a tenant speaks with it, and every live topic."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from apps.core.live import socket as live_socket
from apps.core.live.topics import Topic, _topics
from config.asgi import application
from tests.factories.sockets import WebSocket
from tests.tenancy.house import Tenant

WORDS = ("BTCUSDT", "BTCUSDT.5m")
PER_SOCKET = live_socket.MESSAGES_PER_WINDOW - 5


def topics() -> dict[str, Topic]:
    """Return the live topics of the product by prefix (other tests register some of their own)."""
    return {name: topic for name, topic in _topics.items() if topic.snapshot.__module__.startswith("apps.")}


def socket(route: str, host: str, *, cookie: str = "", ticket: str = "") -> WebSocket:
    """Return a socket to the whole application, as a browser's page or as a program opens it."""
    headers = [(b"host", host.encode())]
    if cookie:
        headers.append((b"origin", f"http://{host}".encode()))
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
    offered = [f"ticket.{ticket}"] if ticket else []
    return WebSocket(application, path=f"/{route}", scheme="ws", headers=headers, subprotocols=offered)


def credentials(tenant: Tenant, *, tickets: bool = True) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield who opens a socket, and by what: cookies of persons, tickets of a session and of a key."""
    for who in ("customer", "owner"):
        yield who, {"cookie": tenant.clients[who].cookies[settings.SESSION_COOKIE_NAME].value}
    for who in ("customer", "key") if tickets else ():
        yield who, {"ticket": ticket(tenant, who)}


def ticket(tenant: Tenant, who: str) -> str:
    """Return a new ticket of a person or a key."""
    answer = tenant.clients[who].post("/api/v1/socket-tickets", content_type="application/json")
    assert answer.status_code == 201, answer.content
    return str(answer.json()["ticket"])


@asynccontextmanager
async def opened(route: str, host: str, **credential: str) -> AsyncIterator[WebSocket]:
    """Open a socket for the block."""
    page = socket(route, host, **credential)
    assert await page.connect(), (route, host)
    try:
        yield page
    finally:
        await page.disconnect()


@asynccontextmanager
async def database_thread() -> AsyncIterator[None]:
    """Give the thread that asks the database for sockets connections to this test's database, and none after it."""
    close = sync_to_async(connections.close_all, thread_sensitive=True)
    await close()
    try:
        yield
    finally:
        await close()


async def in_thread(function: Callable[..., Any], *args: Any) -> Any:
    """Run a function in a thread with connections of its own."""

    def call() -> Any:
        try:
            return function(*args)
        finally:
            connections.close_all()

    return await asyncio.to_thread(call)


@dataclass
class Answer:
    """What a socket was asked for and what it said; `text` is without the name that it repeats."""

    asked: str
    frame: dict[str, Any]
    text: str = field(repr=False)

    @property
    def prefix(self) -> str:
        """The family of the topic."""
        return self.asked.partition(".")[0]

    @property
    def is_refusal(self) -> bool:
        """Whether it gave nothing."""
        return bool(self.frame["type"] == "error")


def answer_of(asked: str, text: str) -> Answer:
    """Return an answer as it is judged: a refusal repeats what it was asked, which says nothing."""
    return Answer(asked, json.loads(text), text.replace(asked, ""))


async def ask_all(tenant: Tenant, names: list[str], **credential: str) -> list[Answer]:
    """Subscribe to every name at a tenant's live socket; return the answer to each, not a change that came between."""
    found = []
    for start in range(0, len(names), PER_SOCKET):
        async with opened("ws/live", tenant.host, **credential) as page:
            for name in names[start : start + PER_SOCKET]:
                await page.send(json.dumps({"type": "subscribe", "topic": name}))
                found.append(answer_of(name, await first_answer(page)))
    return found


async def first_answer(page: WebSocket) -> str:
    """Return the next snapshot or refusal."""
    while json.loads(text := await page.text())["type"] == "delta":
        pass
    return text


def names_for(prefix: str, tenant: Tenant) -> list[str]:
    """Return names under a topic's prefix that lead to rows and people of a tenant, if anything does."""
    app = topics()[prefix].snapshot.__module__.split(".")[2]
    keys = [key for label, found in tenant.keys.items() if label.startswith(f"{app}.") for key in found]
    people = [person.pk for person in tenant.seeded.people.values()]
    return [f"{prefix}.{key}" for key in [*keys, *people]]


def guesses(tenant: Tenant) -> list[str]:
    """Return names of channels rather than of topics."""
    maya = tenant.seeded.people["maya"].pk
    heads = (
        f"{settings.HUB_PREFIX}:{tenant.schema}:",
        f"{tenant.schema}:",
        f"{tenant.schema}.",
        f"t.{tenant.schema}.",
        "",
    )
    return [f"{head}u.{maya}.{prefix}" for head in heads for prefix in topics()]


async def frames_until(page: WebSocket, fence: str) -> list[str]:
    """Return all frames up to the one that carries `fence`."""
    found: list[str] = []
    while not found or fence not in found[-1]:
        with contextlib.suppress(asyncio.TimeoutError):
            found.append(await page.text())
            continue
        raise AssertionError(f"no frame carried {fence}; there were {found}")
    return found
