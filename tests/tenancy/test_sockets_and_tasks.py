"""No socket, task, message, key or log of one tenant carries a canary of another; nothing that exists is left out."""

import contextlib
import itertools
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core import mail
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import default_storage
from django.db import ProgrammingError, connection

from apps.core.clock import travel
from apps.core.context import in_schema
from apps.core.errors import DomainError, NoTenant
from apps.core.live import publish, publish_to_user
from apps.core.live.publishing import client as hub_client
from apps.core.live.topics import Scope
from apps.core.management.commands.routes import all_routes
from apps.core.tasks import all_schemas
from apps.platform.notifications.groups import send_to_person
from apps.platform.rate_limiting.operations import limits_client
from apps.trading.sandbox.queries import control, list_accounts
from config.asgi import sockets as socket_router
from tests.factories.sockets import WebSocket
from tests.tenancy import house, messages
from tests.tenancy.conftest import Houses, empty_stores
from tests.tenancy.sockets import (
    PER_SOCKET,
    WORDS,
    Answer,
    answer_of,
    ask_all,
    credentials,
    database_thread,
    frames_until,
    guesses,
    in_thread,
    names_for,
    opened,
    socket,
    ticket,
    topics,
)
from tests.tenancy.trade import Trader

pytestmark = pytest.mark.real_commit
ROOT = Path(__file__).resolve().parents[2]
SOCKETS = {"ws/live", "ws/notifications"}
"""What the crawl speaks; a new socket needs to be spoken here."""
WITHOUT_SNAPSHOT_MARKS = {"notifications": "the snapshot is a number; its frames carry the texts"}
WITHOUT_FRAMES: dict[str, str] = {}
"""Private topics on which the crawl does not see its own marks, each with its reason."""
WITHOUT_TENANT = {
    "risk.monitor_all": "it sends one message a schema",
    "exchanges.watch": "judges the exchanges, which are public facts",
    "core.sweep_due": "a net over all schemas; it sends one message a schema",
    "core.sweep_all": "a net over all schemas; it sends one message a schema",
    "core.seal_all": "a net over all schemas; it sends one message a schema",
    "core.prove_all": "it sends one message a schema",
    "bots.sweep": "a net over all schemas; it sends one message a bot",
    "positions.sweep_contracts": "a net over all schemas; it sends one message a schema",
    "orders.sweep": "a net over all schemas; it sends one message an order",
    "orders.sweep_algos": "a net over all schemas; it sends one message an algorithm",
    "orders.sweep_routes": "a net over all schemas; it sends one message a routed order",
    "orders.reconcile_all": "a net over all schemas; it sends one message a connection",
    "backtests.sweep": "a net over all schemas; it sends one message a run",
    "market_data.sync_history": "works on candles, which are public facts",
    "market_data.sweep_syncs": "hands out work on candles, which are public facts",
    "market_data.apply_retention": "works on trades and book samples, which are public facts",
    "market_data.check_recent": "judges candles, which are public facts",
    "orders.sweep_held": "a net over all schemas; it sends one message a schema",
    "instruments.sweep_alerts": "a net over all schemas; it sends one message a schema",
    "portfolios.sweep_plans": "a net over all schemas; it sends one message a rebalancing",
    "portfolios.sweep": "a net over all schemas; it sends one message a schema",
    "ledger.sweep": "a net over all schemas; it sends one message a schema",
    "wallets.sweep_custody": "a net over all schemas; it sends one message a payout, place, transfer and provider",
    "wallets.rearm_earning_all": "it sends one message a schema",
}
"""Tasks that are not of one tenant, each with its reason."""


def marks(mine: Trader, other: Trader) -> set[str]:
    """Return what only `mine` has: its canary, the keys of its rows, its amounts."""
    keys = house.uuids(mine.tenant.schema) - house.uuids(other.tenant.schema)
    return {mine.tenant.canary, mine.tenant.schema, *keys, *vars(mine.amounts).values()}


KEY = re.compile(r"(?=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))")
"""The key of a row, wherever one begins in a text."""
LENGTH = 36
"""How long a key is; a canary, a schema and an amount are shorter."""


def carried(text: str, known: set[str]) -> set[str]:
    """Return the marks that a text carries; most are keys, which are all read from the text at once."""
    return known.intersection(KEY.findall(text)) | {mark for mark in known if len(mark) != LENGTH and mark in text}


async def test_no_topic_shows_a_foreign_canary(houses: Houses) -> None:
    heard: set[str] = set()
    told: set[str] = set()
    async with database_thread():
        for mine, other in ((houses.one, houses.two), (houses.two, houses.one)):
            theirs, own = await in_thread(marks, other, mine), await in_thread(marks, mine, other)
            for who, credential in await in_thread(lambda at=mine: list(credentials(at.tenant))):
                names = own_names(mine) + foreign_names(other)
                # A ticket opens one socket: as many names as one takes.
                answers = await ask_all(
                    mine.tenant, names[:PER_SOCKET] if "ticket" in credential else names, **credential
                )
                assert [answer for answer in answers if carried(answer.text, theirs)] == [], who
                assert [answer for answer in answers if is_open_to_strangers(answer, other)] == [], who
                heard |= {answer.prefix for answer in answers if not answer.is_refusal}
                told |= {answer.prefix for answer in answers if carried(answer.text, own)}
    assert topics().keys() - heard == set(), "a topic gave nobody a snapshot: lead the crawl to it"
    assert private_topics() - told == WITHOUT_SNAPSHOT_MARKS.keys(), "its snapshot needs a row in `Trader`"
    assert told <= private_topics()


def private_topics() -> set[str]:
    """Return the topics of a person or a tenant."""
    return {name for name, topic in topics().items() if topic.scope is not Scope.PUBLIC}


def own_names(trader: Trader) -> list[str]:
    """Return every topic by its bare name, with words, and with the trader's own ids."""
    bare = [name for prefix in topics() for name in (prefix, *(f"{prefix}.{word}" for word in WORDS))]
    return [*bare, *(name for prefix in topics() for name in names_for(prefix, trader.tenant))]


def foreign_names(trader: Trader) -> list[str]:
    """Return topics and channels under the ids of a trader of the other tenant."""
    return [name for prefix in topics() for name in names_for(prefix, trader.tenant)] + guesses(trader.tenant)


def is_open_to_strangers(answer: Answer, other: Trader) -> bool:
    """Whether a topic of a whole tenant gave a snapshot under the other tenant's id."""
    family = topics().get(answer.prefix)
    is_shared = family is not None and family.scope is Scope.TENANT
    return is_shared and not answer.is_refusal and answer.asked in foreign_names(other)


async def test_a_change_in_one_tenant_reaches_no_socket_of_the_other(houses: Houses) -> None:
    one, two = houses.one, houses.two
    # Both tenants' frames come over one connection in order: what has not come before the fence does not come.
    async with database_thread(), pages(one) as (live, notes), pages(two) as (other_live, other_notes):
        for page, trader in ((live, one), (other_live, two)):
            await subscribe(page, trader)
        await in_thread(two.act, "hidden")
        await in_thread(publish_as_if_shared, one, two)
        await in_thread(one.act, "fence-one")
        await in_thread(two.note, "fence-two")
        heard = {
            "one": await frames_until(live, "fence-one") + await frames_until(notes, "fence-one"),
            "two": await frames_until(other_live, "fence-two") + await frames_until(other_notes, "fence-two"),
        }
        channels = await in_thread(hub_client().pubsub_channels)
    for mine, other, frames in ((one, two, heard["one"]), (two, one, heard["two"])):
        theirs, own = await in_thread(marks, other, mine), await in_thread(marks, mine, other)
        assert [frame for frame in frames if carried(frame, theirs)] == []
        told = {name for name in topics() for frame in frames if f'"topic":"{name}' in frame and carried(frame, own)}
        assert private_topics() - told == WITHOUT_FRAMES.keys(), "make `Trader.act` change something on this topic"
    # The server is shared with other runs of tests, whose channels name their own tenants.
    allowed = ("layer__group__t.t_", "layerspecific.", *(f"live{n}:{of}" for n in range(6) for of in ("t_", "public:")))
    assert [name for name in channels if not name.decode().startswith(allowed)] == []
    for trader in (one, two):
        assert any(name.decode().startswith(f"{settings.HUB_PREFIX}:{trader.tenant.schema}:") for name in channels)


@asynccontextmanager
async def pages(trader: Trader) -> AsyncIterator[tuple[WebSocket, WebSocket]]:
    """Open both sockets of a trader by cookie."""
    cookie = dict(credentials(trader.tenant, tickets=False))["customer"]
    async with (
        opened("ws/live", trader.tenant.host, **cookie) as live,
        opened("ws/notifications", trader.tenant.host, **cookie) as notes,
    ):
        yield live, notes


def subscriptions(trader: Trader) -> list[tuple[Scope, str]]:
    """Return the private topics that a trader's pages listen to."""
    found: list[tuple[Scope, str]] = []
    for prefix, topic in topics().items():
        if topic.scope is not Scope.PUBLIC:
            found.append((topic.scope, f"{prefix}.{trader.bot_id}" if prefix == "bot" else prefix))
    return found


async def subscribe(page: WebSocket, trader: Trader) -> None:
    """Listen to all private topics."""
    for _scope, name in subscriptions(trader):
        await page.send(json.dumps({"type": "subscribe", "topic": name}))
        assert not answer_of(name, await page.text()).is_refusal, name


def publish_as_if_shared(one: Trader, two: Trader) -> None:
    """Publish in tenant two on the very names, and to the very person, that tenant one's sockets listen to."""
    frame, place, maya = {"text": two.tenant.canary}, two.tenant.schema, one.user.pk
    for scope, name in subscriptions(one):
        if scope is Scope.USER:
            publish_to_user(name, maya, frame, schema=place)
        else:
            publish(name, frame, schema=place)
    send_to_person(place, maya, frame)


async def test_what_opens_a_socket_of_one_tenant_opens_none_of_the_other(houses: Houses) -> None:
    one, two = houses.one.tenant, houses.two.tenant
    hosts = (two.host, "nobody.localhost", settings.PLATFORM_HOST, "localhost")
    async with database_thread():
        for route in SOCKETS:
            for who, credential in await in_thread(list, credentials(one)):
                for host in hosts:
                    assert not await socket(route, host, **credential).connect(), (route, who, host)
                page = socket(route, one.host, **credential)
                assert await page.connect(), (route, who)
                await page.disconnect()
            assert not await socket(route, one.host).connect(), route


def test_every_socket_is_crawled() -> None:
    served = {str(route.pattern) for route in socket_router.routes}
    listed = {route["route"] for route in all_routes() if route["kind"] == "websocket"}
    assert served == listed == SOCKETS


TRADING = ("backtests", "bots", "exchanges", "orders", "positions", "risk", "sandbox", "strategies")


def test_no_page_of_trading_shows_a_row_of_the_other_tenant(houses: Houses) -> None:
    """The crawl of all routes has rows from the seed; here the rows of trading exist, and are asked for by key."""
    one, two = houses.one, houses.two
    theirs, own = marks(two, one), marks(one, two)
    shown: set[str] = set()
    routes = [route for route in all_routes() if reads_rows_of_trading(route)]
    for route, keys in itertools.product(routes, (two, one)):
        people = ("owner",) if route["name"].startswith("admin:") else ("customer", "key")
        for address, who in itertools.product(house.addresses(route, keys.tenant, []), people):
            response = one.tenant.clients[who].get(address)
            assert response.status_code < 500, (who, address)
            if who == "owner" and response.status_code == 302:
                forget_messages(one.tenant, who)
            text = text_of(response, address)
            assert carried(text, theirs) == set(), (who, address)
            if carried(text, own):
                shown.add(route["route"])
    assert len(shown) >= 10, sorted(shown)


def reads_rows_of_trading(route: dict[str, Any]) -> bool:
    """Whether a route takes the key of a row of trading, in the pages, the API or the admin."""
    place = house.label_of(route).partition(".")[0]
    return (route["host"], route["kind"]) == ("tenant", "http") and "<" in route["route"] and place in TRADING


def forget_messages(tenant: house.Tenant, who: str) -> None:
    """Drop what the admin would say on its next page: that there is no row of the key somebody asked for."""
    with in_schema(tenant.schema):
        session = tenant.clients[who].session
        if session.pop("_messages", None) is not None:
            session.save()


def text_of(response: Any, address: str) -> str:
    """Return headers and body of a response without the keys that it repeats from its address."""
    body = b"".join(response) if response.streaming else response.content
    text = str(response.headers) + body.decode(errors="replace")
    for key in re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", address):
        text = text.replace(key, "")
    return text


def test_every_task_is_of_one_tenant_or_says_why_not(houses: Houses) -> None:
    registered, of_tenants = messages.registered().keys(), messages.tenant_tasks()
    assert of_tenants == houses.one.leave_work().keys(), "leave something to do for it in `Trader.leave_work`"
    assert registered - of_tenants == WITHOUT_TENANT.keys()


LATER = {"core.fire_timers": timedelta(hours=1), "ledger.expire": timedelta(minutes=2)}
"""How long after the work was left it is due."""


def test_a_task_of_one_tenant_with_ids_of_the_other_changes_nothing_there(
    houses: Houses, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = houses.one, houses.two
    one.leave_work()
    work = two.leave_work()
    theirs = marks(two, one)
    caplog.set_level("INFO")
    before = state_of(two)
    for task, args in work.items():
        sent, mails = len(houses.queue.sent), len(mail.outbox)
        perform(task, one.tenant.schema, args)
        assert changes(before, state_of(two)) == [], task
        assert [item for item in houses.queue.sent[sent:] if item.args[:1] != [one.tenant.schema]] == [], task
        assert [item for item in mail.outbox[mails:] if two.tenant.seeded.slug in item.to[0]] == [], task
        # A refusal repeats what it was asked for.
        logged = caplog.text
        for arg in args:
            logged = logged.replace(str(arg), "")
        assert carried(logged, theirs) == set(), task
        caplog.clear()
    for task, args in work.items():
        sent = len(houses.queue.sent)
        perform(task, two.tenant.schema, args)
        after = state_of(two)
        did = changes(before, after) or houses.queue.sent[sent:]
        before = after
        assert did != [], f"{task} had nothing to do: the test above saw nothing"


def perform(task: str, schema: Any, args: list[Any]) -> None:
    """Run a task; refusals of the domain are what foreign ids deserve, any other error is a fault."""
    with travel(LATER.get(task, timedelta(0))), contextlib.suppress(DomainError):
        messages.run(task, schema, *args)


def state_of(trader: Trader) -> dict[str, Any]:
    """Return all that is stored of a tenant, at the exchange too."""
    accounts = list_accounts(trader.tenant.seeded.id)
    at_exchange = {row.account_id: control().account(int(row.account_id)) for row in accounts if row.account_id}
    return {
        **house.digest(trader.tenant.schema),
        **{f"public.{table}": found for table, found in house.digest_of_public_rows(trader.tenant).items()},
        "exchange": at_exchange,
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what is not as it was."""
    return [name for name in before.keys() | after.keys() if before.get(name) != after.get(name)]


def test_a_task_without_a_tenant_fails(houses: Houses) -> None:
    work = houses.two.leave_work()
    before = state_of(houses.two)
    for task, args in work.items():
        with pytest.raises(TypeError):
            messages.run(task)
        for nobody in (None, "", "t_000000000000", houses.two.tenant.seeded.slug, houses.two.tenant.host):
            with pytest.raises(NoTenant):
                messages.run(task, nobody, *args)
        if args:
            with contextlib.suppress(DomainError, ProgrammingError):
                messages.run(task, "public", *args)
    assert changes(before, state_of(houses.two)) == []


SWEPT = {
    "core.drain_outbox", "core.fire_timers", "core.seal_audit", "ledger.seal", "ledger.expire", "bots.advance",
    "orders.send", "orders.settle", "orders.reconcile", "orders.look_at_held",
    "orders.replace", "orders.advance_group", "orders.advance_algo", "orders.advance_route", "backtests.run",
    "backtests.study_part",
    "wallets.pay", "wallets.settle",
    "wallets.open_place", "wallets.deliver", "wallets.watch", "wallets.rearm_earning", "instruments.check_alerts",
    "portfolios.sample", "portfolios.advance",
}  # fmt: skip
"""What the nets find in a tenant with work."""
OF_ALL = (f"{settings.HUB_PREFIX}:public:", "public:", "bucket:public:", "lane:", "venue-")
"""Keys of the installation: public facts, and what all processes see of an exchange and may ask it for."""
TOLD_IN_PUBLIC = ("core.drain_outbox", ["public"])


def test_messages_name_the_tenant_of_their_rows_and_carry_no_text(houses: Houses) -> None:
    one, two, queue = houses.one, houses.two, houses.queue
    for schema, sent in houses.sent.items():
        # That a tenant was made is told in public, where the platform's own handlers run.
        named = {item.args[0] for item in (queue.sent[at] for at in sent) if (item.task, item.args) != TOLD_IN_PUBLIC}
        assert named == {schema}
    for trader in (one, two):
        trader.leave_work()
    begin = len(queue.sent)
    with travel(timedelta(minutes=2)):
        for task in WITHOUT_TENANT.keys() - {"market_data.sync_history"}:  # that one is named a sync, and sweeps none
            messages.run(task)
    swept = queue.sent[begin:]
    for mine, other in ((one, two), (two, one)):
        theirs = marks(other, mine)
        own = [item for item in queue.sent if item.args and item.args[0] == mine.tenant.schema]
        assert [item for item in own if carried(item.text, theirs)] == []
        assert {item.task for item in swept if item.args[0] == mine.tenant.schema} >= SWEPT
    schemas = set(all_schemas())
    assert [item for item in queue.sent if item.args[0] not in schemas] == []
    assert [item for item in queue.sent if "canary" in item.text] == []


def test_keys_and_values_of_shared_stores_belong_to_one_tenant(houses: Houses) -> None:
    one, two = houses.one, houses.two
    empty_stores()
    for trader in (one, two):
        trader.act(f"stores {trader.tenant.seeded.slug}")
        ticket(trader.tenant, "customer")
        for address in ("/", "/api/v1/me", "/bots/"):
            trader.tenant.clients["customer"].get(address)
    stores: list[Any] = [redis.Redis.from_url(settings.CACHE_URL), hub_client(), limits_client()]
    found = {key.decode(): value_of(store, key) for store in stores for key in store.keys("*")}
    kinds: set[str] = set()
    for mine, other in ((one, two), (two, one)):
        theirs = marks(other, mine)
        own = [key for key in found if mine.tenant.schema in key]
        assert [key for key in own if carried(key + found[key], theirs)] == []
        kinds |= {key.partition(":")[0] for key in own}
    assert {settings.HUB_PREFIX, "bucket", "wst"} <= kinds
    strangers = [key for key in found if one.tenant.schema not in key and two.tenant.schema not in key]
    anybody = marks(one, two) | marks(two, one)
    for key in strangers:
        assert key.startswith(OF_ALL), key
        assert carried(found[key], anybody) == set(), key


def value_of(store: Any, key: bytes) -> str:
    """Return what a key holds as text, whatever its kind."""
    kind = store.type(key).decode()
    if kind == "list":
        return str(store.lrange(key, 0, -1))
    if kind == "zset":
        return str(store.zrange(key, 0, -1, withscores=True))
    if kind == "set":
        return str(store.smembers(key))
    return str(store.hgetall(key) if kind == "hash" else store.get(key))


def test_locks_and_files_carry_the_tenant(houses: Houses) -> None:
    named = re.compile(r"pg_(?:try_)?advisory\w*\([^()]*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)[^()]*)*\)")
    calls = [call for path in (ROOT / "apps").rglob("*.py") for call in named.findall(path.read_text())]
    assert len(calls) >= 1
    assert [
        call for call in calls if "hashtext(current_schema()" not in call and "hashtext('public')" not in call
    ] == []
    one, two = houses.one.tenant.schema, houses.two.tenant.schema
    assert lock_of(one) != lock_of(two)
    with in_schema(one):
        mine = default_storage.path("proof.pdf")
    with in_schema(two):
        assert default_storage.path("proof.pdf") != mine
        with pytest.raises(SuspiciousFileOperation):
            default_storage.path(mine)


def lock_of(schema: str) -> int:
    """Return the number under which a schema's advisory locks are taken."""
    with in_schema(schema), connection.cursor() as cursor:
        cursor.execute("SELECT hashtext(current_schema())")
        row: Any = cursor.fetchone()
        return int(row[0])
