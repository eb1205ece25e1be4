"""What the kill test does and looks at inside the product, as a process of its own: `inside.py <verb>` prints JSON."""

import json
import os
import sys
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

# A script's own folder is first on the path, not the checkout.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
TENANTS = ("harbor", "lagoon")
BOTS_PER_TENANT = 5
BUDGET = "4000"
SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


def prepare() -> Any:
    """Make and start the bots of a tenant on its accounts, return its schema; fails until the accounts are open."""
    from apps.core.actors import Actor
    from apps.core.context import current_schema
    from apps.platform.users.queries import get_user
    from apps.trading.bots.operations import start_bot
    from apps.trading.bots.queries import list_active_bots
    from apps.trading.exchanges.queries import list_active_connections
    from tests.apps.trading.bots.documents import ALWAYS_TURNING, make_bot

    connections = list_active_connections()
    assert len(connections) == 2
    for number in range(list_active_bots().count(), BOTS_PER_TENANT):
        connection = connections[number % len(connections)]
        owner = get_user(connection.owner_id)
        bot = make_bot(owner, connection.pk, ALWAYS_TURNING, budget=BUDGET, symbol=SYMBOLS[number % len(SYMBOLS)])
        start_bot(actor=Actor.of(owner), bot_id=bot.pk)
    assert list_active_bots().count() == BOTS_PER_TENANT
    return current_schema()


def progress() -> Any:
    """Return how far the bots are."""
    from apps.trading.bots.models import Bot, BotLog
    from apps.trading.orders.models import Order

    return {
        "orders": dict(Counter(Order.objects.values_list("state", flat=True))),
        "codes": dict(Counter(Order.objects.exclude(reject_code="").values_list("reject_code", flat=True))),
        "consumed": {str(bot.pk): bot.consumed_ts for bot in Bot.objects.all()},
        "activities": dict(Counter(Bot.objects.values_list("activity", flat=True))),
        "errors": [bot.last_error for bot in Bot.objects.exclude(last_error="")],
        "take_overs": BotLog.objects.filter(title="Another worker went on").count(),
        "asked": sum(order.checks for order in Order.objects.all()),
    }


def stop() -> Any:
    """Tell all bots to stop; the product does the rest."""
    from django.db import transaction

    from apps.core.actors import Actor
    from apps.trading.bots.operations import stop_each
    from apps.trading.bots.queries import list_active_bots

    with transaction.atomic():
        ids = list(list_active_bots().values_list("pk", flat=True))
        return stop_each(Actor.system("test"), ids, "the test ends")


def compare() -> Any:
    """Return everything in which our books and the exchange differ (empty lists: nothing), and how much there was."""
    from apps.trading.exchanges.queries import list_active_connections

    found = {**compare_candles(), "unproven": unproven()}
    for connection in list_active_connections():
        for name, value in {**compare_orders(connection.pk), **compare_amounts(connection.pk)}.items():
            found[name] = found[name] + value if name in found else value
    return found


def unproven() -> list[str]:
    """What the proofs of money find in this tenant."""
    from apps.core.context import current_schema
    from apps.core.proofs import prove

    found = prove(current_schema())
    return [fault for name in ("ledger", "orders", "positions", "venue book") for fault in found[name]]


def compare_orders(connection_id: Any) -> dict[str, Any]:
    from apps.trading.orders.models import Fill, Order

    theirs: list[dict[str, Any]] = []
    trades: list[str] = []
    for symbol in SYMBOLS:
        theirs += pages(connection_id, "privateGetAllOrders", symbol, "orderId", "orderId")
        rows = pages(connection_id, "privateGetMyTrades", symbol, "id", "fromId")
        trades += [f"{symbol} {row['id']}" for row in rows]
    at_venue = Counter(row["clientOrderId"] for row in theirs)
    ours = {order.client_id: order for order in Order.objects.filter(connection_id=connection_id)}
    reached = {key for key, order in ours.items() if order.venue_order_id}
    booked = [f"{fill.symbol} {fill.trade_id}" for fill in Fill.objects.filter(connection_id=connection_id)]
    return {
        "orders": len(ours),
        "at_venue": len(theirs),
        "doubled": [key for key, count in at_venue.items() if count > 1],
        "without_intent": sorted(at_venue.keys() - ours.keys()),
        "lost": sorted(reached - at_venue.keys()),
        "thought_dead": sorted((ours.keys() - reached) & at_venue.keys()),
        "not_over": sorted(key for key, order in ours.items() if not order.is_final or order.needs_settling),
        "wrong_quantity": sorted(
            row["clientOrderId"]
            for row in theirs
            if row["clientOrderId"] in ours and Decimal(row["executedQty"]) != ours[row["clientOrderId"]].filled
        ),
        "fills": len(booked),
        "fills_missing": sorted(set(trades) - set(booked)),
        "fills_invented": sorted(set(booked) - set(trades)),
        "fills_doubled": [key for key, count in Counter(booked).items() if count > 1],
    }


def pages(connection_id: Any, method: str, symbol: str, key: str, parameter: str) -> list[dict[str, Any]]:
    """Return all rows of a private list of the exchange."""
    import ccxt

    from apps.trading.exchanges.operations import open_credentials

    venue = ccxt.binance(open_credentials(connection_id).settings)
    found: list[dict[str, Any]] = []
    request: dict[str, Any] = {"symbol": symbol, "limit": 1000, parameter: 0}
    while rows := getattr(venue, method)(request):
        found += rows
        request[parameter] = int(rows[-1][key]) + 1
    return found


def compare_amounts(connection_id: Any) -> dict[str, Any]:
    """Positions and cash of our books, and the ledger's mirror, against the exchange's balances."""
    from apps.finance.ledger.queries import list_mirrors
    from apps.trading.exchanges.operations import open_venue
    from apps.trading.exchanges.queries import get_connection
    from apps.trading.positions.queries import list_connection_positions
    from apps.trading.sandbox.queries import get_account

    start = {asset: Decimal(amount) for asset, amount in get_account(connection_id).funds.items()}
    held = {row.asset: row.free + row.locked for row in open_venue(connection_id).balances()}
    expected = dict(start)
    for position in list_connection_positions(connection_id):
        expected[position.base] = expected.get(position.base, Decimal(0)) + position.quantity
        expected[position.quote] = expected.get(position.quote, Decimal(0)) + position.cash_flow - position.fees
    assets = expected.keys() | held.keys()
    mirrors = list_mirrors(connection_id, get_connection(connection_id).owner_id)
    return {
        "mirror_differs": [
            f"{asset}: {mirror.natural} here ({mirror.held} held), {held.get(asset, 0)} there"
            for asset, mirror in sorted(mirrors.items())
            if mirror.natural != held.get(asset, Decimal(0)) or mirror.held
        ],
        "balances_differ": [
            f"{asset}: {expected.get(asset, 0)} here, {held.get(asset, 0)} there"
            for asset in sorted(assets)
            if expected.get(asset, Decimal(0)) != held.get(asset, Decimal(0))
        ],
    }


def compare_candles() -> dict[str, Any]:
    """Every candle between start and stop was consumed once by every bot; no order number was given twice."""
    from apps.trading.bots.models import Bot, BotEquity, BotLog
    from apps.trading.orders.models import Order

    holes, order_rows = [], 0
    for bot in Bot.objects.all():
        seen = list(BotEquity.objects.filter(bot=bot).order_by("ts").values_list("ts", flat=True))
        holes += [f"{bot.pk} {a} {b}" for a, b in pairwise(seen) if b - a != 300_000]
        order_rows += len(seen)
    sequences = Counter(Order.objects.values_list("origin_id", "sequence"))
    return {
        "candles": order_rows,
        "holes": holes,
        "gap_lines": BotLog.objects.filter(title="Candles missing").count(),
        "same_number": [str(key) for key, count in sequences.items() if count > 1],
    }


VERBS = {"prepare": prepare, "progress": progress, "stop": stop, "compare": compare}


def main() -> None:
    """Run a verb in both tenants."""
    import django

    django.setup()
    from apps.core.context import in_schema
    from apps.platform.tenants.queries import get_tenant

    answer = {}
    for slug in TENANTS:
        with in_schema(get_tenant(slug).schema):
            answer[slug] = VERBS[sys.argv[1]]()
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    main()
