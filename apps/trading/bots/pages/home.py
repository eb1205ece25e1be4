"""Home: what the paper account is worth, the bots, what needs the reader, and the next step."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from apps.core.clock import now
from apps.core.templatetags.ui import amount
from apps.core.view import Attention, Choice, Curve, Figure, LegendItem, Limit, Stat, Step, level, result
from apps.platform.authentication.access import customer_required
from apps.trading.backtests.queries import list_runs
from apps.trading.bots.models import Bot, BotEquity
from apps.trading.bots.pages.rows import BotRow, row_of
from apps.trading.bots.queries import BotWorth, list_bots, value_bot
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import list_balances, list_connections
from apps.trading.orders.queries import list_incidents
from apps.trading.positions.queries import get_mark, list_positions, value_position

QUOTE = "USDT"
CURVE_POINTS = 600
SHOWN_BOTS = 8


@dataclass(frozen=True, slots=True)
class Account:
    """The figure that leads the page, its curve, and the facts below."""

    label: str
    value: Figure
    unit: str
    today: Figure | None
    legend: Sequence[LegendItem]
    ranges: Sequence[Choice]
    curve: Curve | None
    stats: Sequence[Stat]


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do next, in one click."""

    title: str
    text: str
    url: str
    action: str
    hint: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """Everything the page shows."""

    date_text: str
    new_bot_url: str
    account: Account
    next_step: NextStep | None
    steps: Sequence[Step]
    needs_you: Sequence[Attention]
    bots: Sequence[BotRow]
    bots_note: str
    bots_url: str
    limits: Sequence[Limit] = field(default_factory=tuple)
    limits_note: str = ""


@customer_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    request.nav_active = "home"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return render(request, "home.html", {"page": page_of(owner_id)})


def page_of(owner_id: UUID) -> HomePage:
    """Return what home shows a customer."""
    bots = list(list_bots(owner_id))
    worths = [value_bot(bot) for bot in bots]
    is_connected = any(one.state == ConnectionState.ACTIVE for one in list_connections(owner_id))
    has_result = list_runs(owner_id).filter(state="done").exists()
    running = sum(bot.desired_state == "running" for bot in bots)
    value, free = worth_of(owner_id)
    limits = exposure(owner_id, value)
    return HomePage(
        date_text=f"{now():%A %-d %B, %H:%M} UTC",
        new_bot_url=reverse("bots-new"),
        account=account_of(value, free, bots, worths),
        next_step=next_step(is_connected, has_result, bool(bots)),
        steps=steps_of(is_connected, has_result, bool(bots)),
        needs_you=needs_of(owner_id, bots),
        bots=[row_of(bot, worth) for bot, worth in zip(bots[:SHOWN_BOTS], worths, strict=False)],
        bots_note=f"{running} running, {len(bots) - running} not running" if bots else "",
        bots_url=reverse("bots-list"),
        limits=limits,
        limits_note="Share of the account that is in open positions, at the present bid." if limits else "",
    )


def account_of(value: Decimal | None, free: Decimal, bots: Sequence[Bot], worths: Sequence[BotWorth]) -> Account:
    """Return the account's value from the balances last seen, with the bots' equity as its curve."""
    today = sum((worth.today for worth in worths), Decimal(0))
    total = sum((worth.result for worth in worths), Decimal(0))
    fees = sum((worth.fees for worth in worths), Decimal(0))
    curve = equity_curve(bots)
    return Account(
        label="Account value",
        value=level(value),
        unit=QUOTE,
        today=result(today) if bots else None,
        legend=[LegendItem("own", "Equity of your bots", result(total))] if curve else [],
        ranges=[],
        curve=curve,
        stats=[
            Stat("Result of your bots", result(total), "since each started"),
            Stat("Fees paid", level(fees), QUOTE),
            Stat("Free to trade", level(free), QUOTE),
        ],
    )


def worth_of(owner_id: UUID) -> tuple[Decimal | None, Decimal]:
    """Return (account value, free quote) in USDT; no value when an asset has no price or nothing was seen yet."""
    total, free, seen = Decimal(0), Decimal(0), False
    for connection in list_connections(owner_id):
        if connection.state != ConnectionState.ACTIVE:
            continue
        for balance in list_balances(connection.pk):
            seen = True
            held = balance.free + balance.locked
            if balance.asset == QUOTE:
                total += held
                free += balance.free
            elif held:
                mark = get_mark(f"{balance.asset}{QUOTE}")
                if mark is None:
                    return None, free
                total += held * mark.price
    return (total if seen else None), free


def equity_curve(bots: Sequence[Bot]) -> Curve | None:
    """Return the summed equity of the bots by candle, or None before there are two points."""
    rows = (
        BotEquity.objects.filter(bot__in=bots).values("ts").annotate(total=Sum("equity")).order_by("-ts")[:CURVE_POINTS]
    )
    points = [(row["ts"], row["total"]) for row in reversed(rows)]
    if len(points) < 2:
        return None
    data = {
        "times": [ts // 1000 for ts, _ in points],
        "series": [{"label": "Equity of your bots", "kind": "own", "values": [str(total) for _, total in points]}],
        "unit": QUOTE,
        "places": 2,
    }
    first, last = points[0][1], points[-1][1]
    return Curve("home-equity", data, f"Equity of your bots went from {amount(first)} to {amount(last)} {QUOTE}.")


def exposure(owner_id: UUID, value: Decimal | None) -> list[Limit]:
    """Return how much of the account stands in open positions."""
    held = Decimal(0)
    for position in list_positions(owner_id, is_open=True):
        valued = value_position(position)
        if valued.mark is not None:
            held += abs(position.quantity) * valued.mark.price
    if not held or not value:
        return []
    return [Limit("Exposure", amount(held), f"{amount(value)} {QUOTE}", int(min(held * 100 / value, Decimal(100))))]


def needs_of(owner_id: UUID, bots: Sequence[Bot]) -> list[Attention]:
    """Return what waits for the reader: troubled bots, accounts that do not answer, differences with an exchange."""
    found = [
        Attention("warn", "warn", f"{bot.name} has a problem", bot.last_error, _bot_url(bot), "Open")
        for bot in bots
        if bot.last_error
    ]
    for connection in list_connections(owner_id):
        if connection.last_error:
            text = connection.last_error[:120]
            found.append(Attention("warn", "warn", connection.label, text, reverse("exchanges"), "Open"))
        if connection.state == ConnectionState.ACTIVE:
            found += [
                Attention("warn", "warn", "Difference with the exchange", str(incident), reverse("orders-list"), "Open")
                for incident in list_incidents(connection.pk)[:3]
            ]
    return found


def next_step(is_connected: bool, has_result: bool, has_bots: bool) -> NextStep | None:
    """Return the one thing to do next, or None for someone whose bot runs."""
    if not is_connected:
        text = "One click makes an account with virtual funds at the sandbox exchange."
        return NextStep(
            "Next step: open a paper account", text, reverse("exchanges"), "Open the account", "No real money"
        )
    if not has_result:
        text = "Two strategies are ready. See what one would have done on recorded candles."
        url = reverse("strategies-list")
        return NextStep("Next step: back-test a strategy", text, url, "Choose a strategy", "Takes seconds")
    if not has_bots:
        text = "A bot trades the same rules on paper, candle by candle."
        return NextStep("Next step: start a bot on paper", text, reverse("bots-new"), "Start a bot", "No real money")
    return None


def steps_of(is_connected: bool, has_result: bool, has_bots: bool) -> list[Step]:
    """Return the way to the first trade."""
    done = [True, is_connected, has_result, has_bots]
    names = ["Account created", "Open a paper account", "Back-test a strategy", "Start a bot on paper"]
    current = done.index(False) if False in done else len(done)
    return [
        Step("done" if at < current else "now" if at == current else "later", name) for at, name in enumerate(names)
    ]


def _bot_url(bot: Bot) -> str:
    return reverse("bots-detail", args=[bot.pk])
