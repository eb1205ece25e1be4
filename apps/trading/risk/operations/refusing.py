"""Refusals in words: the scope, the rule and the numbers."""

from decimal import Decimal
from typing import NoReturn

from apps.trading.risk import errors
from apps.trading.risk.choices import UNITS, RuleName, Scope, State
from apps.trading.risk.models import RiskStanding
from kernel.money.exact import plain
from kernel.risk import Refusal, Rule

OF_RULE: dict[Rule, type[errors.RiskRefusal]] = {
    Rule.ORDER_SIZE: errors.OrderTooLarge,
    Rule.POSITION: errors.PositionTooLarge,
    Rule.SYMBOL_EXPOSURE: errors.SymbolExposureTooLarge,
    Rule.TOTAL_EXPOSURE: errors.ExposureTooLarge,
    Rule.GROUP_EXPOSURE: errors.GroupExposureTooLarge,
    Rule.LEVERAGE: errors.LeverageTooHigh,
    Rule.FREE_MARGIN: errors.FreeMarginTooLow,
    Rule.OPEN_POSITIONS: errors.TooManyPositions,
    Rule.SYMBOL_POSITIONS: errors.TooManySymbolPositions,
    Rule.OPEN_ORDERS: errors.TooManyOrders,
    Rule.ORDER_RATE: errors.OrdersTooFast,
    Rule.DAILY_LOSS: errors.DailyLossReached,
    Rule.DRAWDOWN: errors.DrawdownReached,
}
WHOSE: dict[str, str] = {
    Scope.BOT: "The limit of this bot",
    Scope.CUSTOMER: "Your limit",
    Scope.TENANT: "The limit of your organisation",
    Scope.PLATFORM: "The limit of the platform",
}
NAMES: dict[str, str] = {
    Scope.BOT: "bot",
    Scope.CUSTOMER: "account",
    Scope.TENANT: "organisation",
    Scope.PLATFORM: "platform",
}
CENT = Decimal("0.01")


def refuse_rule(found: Refusal, symbol: str) -> NoReturn:
    """Raise the refusal of a rule with its numbers; without a value, that it cannot be checked."""
    rule = Rule(found.rule)
    if found.value is None:
        refuse_unknown(rule, "The equity of your accounts" if rule is not Rule.DAILY_LOSS else "Today's result")
    assert found.limit is not None
    raise OF_RULE[rule](
        rule=rule.value,
        scope=found.scope,
        scope_words=WHOSE[found.scope],
        limit=spelled(found.limit),
        value=spelled(found.value),
        unit=UNITS[rule.value],
        symbol=symbol,
        target=found.target,
    )


def refuse_unknown(rule: Rule, what: str) -> NoReturn:
    """Raise that a limit cannot be checked."""
    raise errors.FactsUnknown(what=what, rule=RuleName(rule.value).label.lower())


def refuse_switch(scope: Scope) -> NoReturn:
    """Raise that a kill switch is engaged."""
    raise errors.KillSwitchEngaged(scope=scope.value, scope_name=NAMES[scope])


def refuse_state(row: RiskStanding) -> NoReturn:
    """Raise that the state of a standing lets the order not pass."""
    why = row.state_reason or (RuleName(row.state_rule).label.lower() if row.state_rule else "set by the trading desk")
    leaf = errors.TradingHalted if row.state == State.HALTED else errors.OnlyReducing
    raise leaf(scope=row.scope, scope_name=NAMES[row.scope], why=why, rule=row.state_rule)


def spelled(amount: Decimal) -> str:
    """Return an amount to read: at most two decimals where it is large, all of them where it is small."""
    return f"{plain(amount.quantize(CENT)):,f}" if abs(amount) >= 1 else f"{plain(amount):f}"
