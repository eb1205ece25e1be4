"""What the pages of exchanges and of one connection are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from apps.core.templatetags.ui import age
from apps.core.view import Fact, State
from apps.platform.rate_limiting.errors import LimitsUnavailable
from apps.trading.exchanges import queries
from apps.trading.exchanges.catalogue.venues import TESTED, Exchange, get_exchange, in_words, list_exchange_ids
from apps.trading.exchanges.choices import Capability, ConnectionState, Mode
from apps.trading.exchanges.gateways.dialects import DIALECTS
from apps.trading.exchanges.models import Connection, VenueState
from apps.trading.exchanges.operations import read_clock, read_gauge
from apps.trading.exchanges.pages.context import ConnectionCard, condition_state, connection_card, in_condition

ORDER, STREAMS = tuple(Capability), tuple(item for item in Capability if item.value.startswith("stream_"))
KEYS = (Capability.CLIENT_IDS, Capability.READ_KEY_RIGHTS, Capability.PASSPHRASE, Capability.TESTNET,
        Capability.WITHDRAW)  # fmt: skip


def _between(first: Capability, last: Capability) -> tuple[Capability, ...]:
    return ORDER[ORDER.index(first) : ORDER.index(last) + 1]


GROUPS: tuple[tuple[str, tuple[Capability, ...]], ...] = (
    ("Markets", _between(Capability.SPOT, Capability.OPTION)),
    ("Orders", _between(Capability.MARKET_ORDER, Capability.CANCEL_BATCH)),
    ("Account", _between(Capability.QUERY_ORDER, Capability.FEES)),
    ("Market data", _between(Capability.CANDLES, Capability.STATUS)),
    ("Live streams", STREAMS),
    ("Keys", KEYS),
)
SEQUENCE_CHECKED = frozenset({"binance", "bybit", "okx"})
"""Exchanges whose live order books we check ourselves, update by update."""
RECORDED_RULES = (
    "Its adapter was tested on price ticks, amount steps and least orders that were recorded from the exchange for a "
    "few markets; the rest of those descriptions is synthetic."
)


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """An exchange in the list."""

    name: str
    url: str
    markets: str
    streams: str
    health: State
    metadata: str


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """The list: the tested ones in a table, all others by name."""

    rows: Sequence[ExchangeRow]
    others: Sequence[tuple[str, str]]
    new_url: str
    parent_url: str


@dataclass(frozen=True, slots=True)
class CapabilityRow:
    """One capability: its words, its meaning's answer ("Yes", "By other requests", "No")."""

    words: str
    answer: str


@dataclass(frozen=True, slots=True)
class GaugeView:
    """A budget as a bar: text, whole per cent, whether it is frozen."""

    text: str
    percent: int
    frozen: str


@dataclass(frozen=True, slots=True)
class ExchangePage:
    """One exchange."""

    name: str
    parent_url: str
    new_url: str
    health: State
    facts: Sequence[Fact]
    gauge: GaugeView | None
    groups: Sequence[tuple[str, Sequence[CapabilityRow]]]
    notes: Sequence[str]
    history: Sequence[tuple[str, State]]


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """A line of a key's activity."""

    at: str
    what: str
    who: str
    detail: str


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """One connection: its card, the exchange, the budget, what happened to its key, and the form for a newer one."""

    card: ConnectionCard
    parent_url: str
    exchange_url: str
    facts: Sequence[Fact]
    gauge: GaugeView | None
    address: str
    activity: Sequence[ActivityRow]
    form: Any
    key_url: str
    errors: Sequence[str]
    form_title: str = "Enter a newer key"
    form_text: str = "The present key serves until the exchange has accepted the newer one."


def catalogue_page() -> CataloguePage:
    """Return the list of exchanges."""
    health = queries.list_health()
    rows = [_row(get_exchange(name), health.get(name)) for name in TESTED]
    others = [
        (get_exchange(name).name, reverse("exchange", args=[name])) for name in list_exchange_ids()[len(TESTED) :]
    ]
    return CataloguePage(rows, others, reverse("exchanges-new"), reverse("exchanges"))


def exchange_page(ccxt_id: str) -> ExchangePage:
    """Return the page of an exchange. Raises ExchangeUnknown."""
    exchange = get_exchange(ccxt_id)
    health = queries.get_health(ccxt_id)
    facts = [Fact("Needs", ", ".join(_need(name) for name in exchange.needs)), *health_facts(ccxt_id, health)]
    versions = queries.list_market_versions(ccxt_id, 1)
    if versions:
        facts.append(Fact("Markets", f"{versions[0].count}, version {versions[0].version}, "
                          f"read {age(versions[0].checked_at)}"))  # fmt: skip
    return ExchangePage(
        name=exchange.name,
        parent_url=reverse("exchange-catalogue"),
        new_url=f"{reverse('exchanges-new')}?venue={ccxt_id}",
        health=condition_state(health),
        facts=facts,
        gauge=gauge_view(ccxt_id),
        groups=[(title, [_capability(exchange, item) for item in items]) for title, items in GROUPS],
        notes=_notes(exchange, ccxt_id),
        history=[
            (f"{row.began_at:%-d %b, %H:%M} UTC", in_condition(row.condition, row.reason))
            for row in queries.list_changes(ccxt_id)
        ],
    )  # fmt: skip


def connection_page(row: Connection, form: Any, errors: Sequence[str] = ()) -> ConnectionPage:
    """Return the page of a customer's connection."""
    code = row.venue.code
    health = queries.get_health(code)
    can_renew = row.mode == Mode.LIVE and row.state != ConnectionState.REVOKED
    return ConnectionPage(
        card=connection_card(row, health),
        parent_url=reverse("exchanges"),
        exchange_url=reverse("exchange", args=[row.venue.ccxt_id]) if row.mode == Mode.LIVE else "",
        facts=health_facts(code, health),
        gauge=gauge_view(code),
        address=_address(row),
        activity=[
            ActivityRow(f"{item.created_at:%-d %b %Y, %H:%M}", item.get_event_display(), WHO.get(item.actor_kind, "Us"),
                        item.detail)
            for item in queries.list_activity(row.pk)
        ],
        form=form if can_renew else None,
        key_url=reverse("exchanges-key", args=[row.pk]),
        errors=list(errors),
        **FORM_WORDS[row.state == ConnectionState.ACTIVE],
    )  # fmt: skip


FORM_WORDS: dict[bool, dict[str, str]] = {
    True: {},
    False: {
        "form_title": "Enter another key",
        "form_text": "The exchange is asked about it before it is kept.",
    },
}


def health_facts(code: str, health: VenueState | None) -> list[Fact]:
    """Return latency, failures, clock and lag of an exchange as lines."""
    facts = []
    if health is not None:
        facts.append(Fact("Last checked", age(health.checked_at)))
        if health.p50_ms is not None:
            facts.append(Fact("Answers within", f"{health.p50_ms} ms, one in twenty {health.p95_ms} ms"))
        facts.append(Fact("Requests that fail", f"{health.error_percent} %"))
        if health.stream_lag_ms is not None:
            facts.append(Fact("Live data comes after", f"{health.stream_lag_ms} ms"))
    clock = read_clock(code)
    if clock is not None:
        facts.append(Fact("Clock", clock_in_words(clock.offset_ms)))
    facts += [
        Fact("Maintenance", f"{item.begins_at:%-d %b, %H:%M} to {item.ends_at:%-d %b, %H:%M} UTC: {item.note}")
        for item in queries.list_maintenance(code)
    ]
    return facts


def clock_in_words(offset_ms: int) -> str:
    """Return the difference of two clocks as a customer reads it."""
    if abs(offset_ms) < 1_000:
        return f"{abs(offset_ms)} ms apart"
    way = "ahead of" if offset_ms > 0 else "behind"
    return f"{abs(offset_ms) / 1_000:.1f} s {way} ours; requests carry the exchange's time"


def gauge_view(code: str) -> GaugeView | None:
    """Return the request budget of an exchange as a bar, or None while it has no limit or the counters are away."""
    try:
        gauge = read_gauge(code)
    except LimitsUnavailable:
        return None
    frozen = f"The exchange asked us to pause for {-(-gauge.frozen_ms // 1_000)} s." if gauge.frozen_ms else ""
    if not gauge.limit:
        return None
    return GaugeView(f"{gauge.used:,} of {gauge.limit:,} used", gauge.percent, frozen)


def short_state(health: VenueState | None) -> State:
    """Return the condition of an exchange without its reason, which is on its page."""
    return condition_state(None) if health is None else in_condition(health.condition, "")


WHO = {"customer": "You", "api_key": "Your API key", "staff": "Staff", "platform": "Staff", "system": "By itself"}


def _row(exchange: Exchange, health: VenueState | None) -> ExchangeRow:
    kinds = [item for item in GROUPS[0][1] if exchange.how(item)]
    streams = [item for item in GROUPS[4][1] if exchange.how(item)]
    tested = exchange.tested
    return ExchangeRow(
        exchange.name,
        reverse("exchange", args=[exchange.id]),
        ", ".join(in_words(item) for item in kinds),
        f"{len(streams)} of {len(GROUPS[4][1])}",
        short_state(health),
        "" if tested is None else tested.metadata,
    )


def _capability(exchange: Exchange, capability: Capability) -> CapabilityRow:
    if capability is Capability.WITHDRAW:
        return CapabilityRow("Withdrawals", "Never asked for by us")
    answers = {"yes": "Yes", "emulated": "By other requests", "": "No"}
    return CapabilityRow(in_words(capability).removeprefix("stream ").capitalize(), answers[exchange.how(capability)])


def _notes(exchange: Exchange, ccxt_id: str) -> list[str]:
    tested = TESTED.get(ccxt_id)
    notes = ["Keys that may withdraw are refused. Give a key the rights to read and to trade only."]
    if ccxt_id in SEQUENCE_CHECKED:
        notes.append("Live order book: we check ourselves that no update is missing.")
    elif exchange.how(Capability("stream_book")):
        notes.append("Live order book: its adapter checks that no update is missing, where the exchange numbers them.")
    if tested is None:
        return [
            *notes,
            "This exchange is reached by its adapter, but it was not tested here: try it with little first.",
        ]
    if tested.metadata == "synthetic":
        notes.append("Its adapter was tested on synthetic market descriptions: the figures in them are made up.")
    else:
        notes.append(RECORDED_RULES)
    if not tested.reads_key_rights:
        notes.append(
            "It does not tell us what a key may do. Look at the key there before you enter it: reading and trading on, "
            "withdrawals and transfers off."
        )
    if ccxt_id in DIALECTS and DIALECTS[ccxt_id].open_by_symbol:
        notes.append("It lists open orders market by market: those of markets you trade here are shown.")
    if tested.other_hosts:
        notes.append(f"Other hosts it answers at: {', '.join(tested.other_hosts)}.")
    return notes


def _need(name: str) -> str:
    return {"apiKey": "API key", "secret": "secret", "password": "passphrase"}.get(name, name)


def _address(row: Connection) -> str:
    if row.mode == Mode.PAPER:
        return ""
    bound = {
        True: "This key is bound to a list of addresses. ",
        False: "This key is good from any address: bind it to ours at the exchange. ",
        None: "Bind the key to our address at the exchange, where it can be. ",
    }
    unread = ""
    if row.can_trade is None and row.state == ConnectionState.ACTIVE:
        unread = (
            f" {row.venue.title} does not tell us what this key may do: look there that it may read and trade, "
            "and that withdrawals and transfers are off."
        )
    return bound[row.is_ip_bound] + queries.address_in_words() + unread
