"""What the risk page is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.view import Choice, Fact, Figure, Limit, Stat, State, level, portion, quantity, result
from apps.trading.risk import queries
from apps.trading.risk.choices import REFERENCE, RuleName, Scope
from apps.trading.risk.choices import State as TradingState
from apps.trading.risk.errors import NothingMeasured
from apps.trading.risk.models import KillSwitch
from apps.trading.risk.operations import names_of_bots
from apps.trading.risk.pages.forms import LimitForm, ProfileForm, ScenarioForm
from apps.trading.risk.queries import LimitUse, Measured, Overview, Stressed
from kernel.risk import Definition

HUNDRED = Decimal(100)
TONES = {TradingState.ACTIVE: "good", TradingState.REDUCING: "warn", TradingState.HALTED: "danger"}
SENTENCES = {
    TradingState.ACTIVE: "Everything within your limits is accepted",
    TradingState.REDUCING: "Only orders that make a position smaller are accepted",
    TradingState.HALTED: "No order is accepted",
}
METHOD_NAMES = {
    Definition.ORDER_STATISTIC: "Historical",
    Definition.INTERPOLATED: "Historical, interpolated",
    Definition.PARAMETRIC: "Parametric",
    Definition.MONTE_CARLO: "Monte Carlo",
}
NONE = Figure("–")


@dataclass(frozen=True, slots=True)
class UseRow:
    """A limit with its bar; `bar` is None where it has no use to show. `change` is a sentence about what waits."""

    title: str
    scope: str
    bar: Limit | None
    allowed: str
    note: str


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """A switch: what it is over, its state, and where it is lifted (empty: not by the customer)."""

    id: str
    title: str
    state: State
    note: str
    lift_url: str


@dataclass(frozen=True, slots=True)
class Target:
    """What can be switched off: the account or a bot."""

    id: str
    title: str
    scope: str
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class TailRow:
    """VaR and CVaR by one definition, at both levels."""

    method: str
    definition: str
    var_95: str
    cvar_95: str
    var_99: str
    cvar_99: str


@dataclass(frozen=True, slots=True)
class StressRow:
    """A scenario and what it would come to."""

    name: str
    detail: str
    result: Figure
    worst: Figure


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    """A symbol's correlations with the others, in the order of the head."""

    symbol: str
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class MeasuredPart:
    """Figures of the portfolio with their source."""

    stats: Sequence[Stat]
    tails: Sequence[TailRow]
    stress: Sequence[StressRow]
    components: Sequence[Fact]
    correlation_head: Sequence[str]
    correlations: Sequence[CorrelationRow]
    source: str
    missing: str


@dataclass(frozen=True, slots=True)
class RiskPage:
    """All of it; `measured` is None when nothing is held that has a history."""

    mode: str
    modes: Sequence[Choice]
    state: State
    state_text: str
    resume_url: str
    stats: Sequence[Stat]
    uses: Sequence[UseRow]
    waiting: Sequence[str]
    switches: Sequence[SwitchRow]
    targets: Sequence[Target]
    measured: MeasuredPart | None
    scenario: StressRow | None
    forms: dict[str, Any]
    urls: dict[str, str]
    keys: dict[str, str]


def risk_page(
    owner_id: UUID, *, is_live: bool, limit_form: LimitForm | None = None, scenario: ScenarioForm | None = None
) -> RiskPage:
    """Return what the risk page of a customer shows in paper or live trading."""
    found = queries.get_overview(owner_id, is_live=is_live)
    names = names_of_bots(owner_id)
    mode = "live" if is_live else "paper"
    stressed = _own_scenario(owner_id, scenario, is_live=is_live)
    can_resume = found.state == TradingState.REDUCING and not found.by_staff
    return RiskPage(
        mode=mode,
        modes=[Choice(word.capitalize(), f"{reverse('risk')}?mode={word}", word == mode) for word in ("paper", "live")],
        state=_state(found),
        state_text=found.state_reason,
        resume_url=reverse("risk-resume") if can_resume else "",
        stats=_stats(found),
        uses=[_use(use) for use in found.uses],
        waiting=[sentence for row in queries.list_own_limits(owner_id) if (sentence := _waiting(row))],
        switches=[_switch(row, names) for row in queries.list_own_switches(owner_id)],
        targets=_targets(owner_id, names),
        measured=_measured(owner_id, is_live=is_live),
        scenario=_stressed(stressed) if stressed else None,
        forms={
            "limit": limit_form or LimitForm(),
            "profile": ProfileForm(),
            "scenario": scenario or ScenarioForm(initial={"shock": "-20"}),
        },
        urls={name: reverse(f"risk-{name}") for name in ("limit", "profile", "engage")} | {"page": reverse("risk")},
        keys={name: uuid7().hex for name in ("limit", "profile", "resume")},
    )


def _own_scenario(owner_id: UUID, scenario: ScenarioForm | None, *, is_live: bool) -> Stressed | None:
    if scenario is None or not scenario.is_valid():
        return None
    symbol, shock = scenario.cleaned_data["symbol"], scenario.cleaned_data["shock"]
    return queries.stress_everything(owner_id, shock, symbol=symbol, is_live=is_live)


def _state(found: Overview) -> State:
    if found.engaged:
        return State("danger", f"Kill switch of the {Scope(found.engaged).label.lower()}: only exits are accepted")
    state = TradingState(found.state)
    return State(TONES[state], SENTENCES[state])


def _stats(found: Overview) -> list[Stat]:
    leverage = None if not found.equity or found.equity <= 0 else found.exposure / found.equity
    lost = None if found.lost_today is None else found.lost_today.copy_negate()
    return [
        Stat("Equity", level(found.equity), f"{REFERENCE}, all accounts of this mode"),
        Stat("Exposure", level(found.exposure), "open orders counted as filled"),
        Stat("Leverage", _times(leverage), "exposure over equity"),
        Stat("Result today", result(lost) if lost else Figure("0.00", "zero"), "losses only, from midnight UTC"),
        Stat(
            "Drawdown",
            NONE if found.drawdown is None else portion(found.drawdown, 2),
            "from the highest result",
            "How far the result of all your trades stands below its highest point, in percent of the equity there.",
        ),
        Stat("Result", result(found.result), "" if found.is_exact else "without symbols that have no price now"),
    ]


def _use(use: LimitUse) -> UseRow:
    label = f"{RuleName(use.rule).label} {use.target}".strip()
    scope = "You" if use.scope == Scope.CUSTOMER else Scope(use.scope).label
    allowed = _sized(use.limit, use.unit)
    if use.value is None or use.part is None:
        note = "Checked for each order." if use.rule == RuleName.ORDER_SIZE else "Cannot be measured at the moment."
        return UseRow(label, scope, None, allowed, note)
    is_over = use.part >= 1
    bar = Limit(label, _sized(use.value, ""), allowed, min(100, int(use.part * HUNDRED)), over=is_over)
    return UseRow(label, scope, bar, allowed, "")


def _waiting(row: Any) -> str:
    if row.next_at is None:
        return ""
    name = f"{RuleName(row.rule).label} {row.target}".strip()
    value = "no limit" if row.next_value is None else _sized(row.next_value, "")
    return f"{name}: {value} from {row.next_at:%-d %b, %H:%M} UTC on."


def _switch(row: KillSwitch, names: dict[UUID, str]) -> SwitchRow:
    title = {
        Scope.BOT: f"Bot {names.get(row.subject_id, '')}".strip() if row.subject_id else "Bot",
        Scope.CUSTOMER: "Your account",
        Scope.TENANT: "Your organisation",
        Scope.PLATFORM: "The platform",
    }[Scope(row.scope)]
    is_own = row.owner_id is not None and not row.by_staff
    when = row.engaged_at if row.is_engaged else row.lifted_at
    state = State("danger", "Engaged") if row.is_engaged else State("off", "Lifted")
    note = f"since {when:%-d %b %Y, %H:%M} UTC" if when else ""
    if row.is_engaged and not is_own:
        note += "; the trading desk lifts it"
    url = reverse("risk-lift", args=[row.pk]) if row.is_engaged and is_own else ""
    return SwitchRow(str(row.pk), title, state, note, url)


def _targets(owner_id: UUID, names: dict[UUID, str]) -> list[Target]:
    own = Target("switch-account", "your account and all its bots", Scope.CUSTOMER.value, "", uuid7().hex)
    bots = [
        Target(f"switch-{key.hex[-12:]}", f"bot {name}", Scope.BOT.value, str(key), uuid7().hex)
        for key, name in names.items()
    ]
    return [own, *bots]


def _measured(owner_id: UUID, *, is_live: bool) -> MeasuredPart | None:
    try:
        found = queries.measure_portfolio(owner_id, is_live=is_live)
    except NothingMeasured:
        return None
    symbols, rows = found.correlations
    missing = [*found.history.missing, *found.portfolio.unpriced]
    return MeasuredPart(
        stats=_measured_stats(found),
        tails=[_tail(item, found) for item in Definition],
        stress=[_stressed(row) for row in found.stress],
        components=[
            Fact(symbol, figure=level(amount))
            for symbol, amount in sorted(found.components.items(), key=lambda pair: -pair[1])
        ],
        correlation_head=symbols,
        correlations=[
            CorrelationRow(symbol, [f"{value:.2f}".replace("-", "−") for value in row])
            for symbol, row in zip(symbols, rows, strict=True)
        ],
        source=f"{found.definition}. Source: {found.source}.",
        missing=f"Not in these figures, for want of a price or of 30 days of history: {', '.join(missing)}."
        if missing
        else "",
    )


def _measured_stats(found: Measured) -> list[Stat]:
    days = found.liquidity_days
    return [
        Stat(
            "Worth, long and short", level(found.portfolio.gross), f"net {level(found.portfolio.net).text} {REFERENCE}"
        ),
        Stat("Volatility a year", NONE if found.volatility is None else portion(found.volatility * HUNDRED)),
        Stat("Beta to Bitcoin", NONE if found.beta is None else quantity(found.beta, 2)),
        Stat("Drawdown in a year", NONE if found.drawdown is None else portion(found.drawdown * HUNDRED)),
        Stat(
            "Days to close",
            NONE if days is None else quantity(days, 2),
            "at a tenth of the daily turnover",
        ),
    ]


def _tail(item: Definition, found: Measured) -> TailRow:
    of = found.tails[item.name.lower()]
    shown = [level(value).text for name in ("0.95", "0.99") for value in of[name]]
    words = item.value[0].upper() + item.value[1:] + "."
    return TailRow(METHOD_NAMES[item], words, *shown)


def _stressed(row: Stressed) -> StressRow:
    return StressRow(row.name, row.detail, result(row.result), result(row.worst))


def _times(value: Decimal | None) -> Figure:
    return NONE if value is None else Figure(f"{value:.2f} ×")


def _sized(value: Decimal, unit: str) -> str:
    shown = f"{value:,.2f}" if value != value.to_integral_value() else f"{value:,.0f}"
    return f"{shown} {unit}".strip()
