"""What can be refused about risk. A refused order names the scope, the rule and the numbers."""

from typing import ClassVar

from apps.core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound, Unavailable


class RiskRefusal(LimitReached):
    """A limit stands against an order: no waiting makes room for it by itself, so it is mostly not a 429."""

    http_status: ClassVar[int] = 422
    code: ClassVar[str] = "risk.refused"
    message: ClassVar[str] = "The order is against a limit."


class OrderTooLarge(RiskRefusal):
    """One order is worth too much."""

    code = "risk.order_size"
    message = "{scope_words} is {limit} {unit} for one order; this one is worth {value} {unit}."


class PositionTooLarge(RiskRefusal):
    """The position would be worth too much."""

    code = "risk.position"
    message = "{scope_words} is {limit} {unit} for one position; with this order it could be worth {value} {unit}."


class SymbolExposureTooLarge(RiskRefusal):
    """All books together would hold too much of the symbol."""

    code = "risk.symbol_exposure"
    message = "{scope_words} is {limit} {unit} in {symbol}; with this order it could be {value} {unit}."


class ExposureTooLarge(RiskRefusal):
    """All positions together would be worth too much."""

    code = "risk.total_exposure"
    message = "{scope_words} is {limit} {unit} in all; with this order it could be {value} {unit}."


class GroupExposureTooLarge(RiskRefusal):
    """Symbols that move together would be worth too much."""

    code = "risk.group_exposure"
    message = "{scope_words} is {limit} {unit} in the group {target}; with this order it could be {value} {unit}."


class LeverageTooHigh(RiskRefusal):
    """Exposure against equity."""

    code = "risk.leverage"
    message = "{scope_words} is {limit} × the equity; with this order it could be {value} ×."


class FreeMarginTooLow(RiskRefusal):
    """Too little of the equity would stay free."""

    code = "risk.free_margin"
    message = "{scope_words} is that {limit} % of the equity stay free; with this order it could be {value} %."


class TooManyPositions(RiskRefusal):
    """One more position than there may be."""

    code = "risk.open_positions"
    message = "{scope_words} is {limit} open positions; with this order there could be {value}."


class TooManySymbolPositions(RiskRefusal):
    """One more position in the symbol than there may be."""

    code = "risk.symbol_positions"
    message = "{scope_words} is {limit} open positions in {symbol}; with this order there could be {value}."


class TooManyOrders(RiskRefusal):
    """One more open order than there may be."""

    code = "risk.open_orders"
    message = "{scope_words} is {limit} open orders; this would be number {value}."


class OrdersTooFast(RiskRefusal):
    """More orders in a minute than there may be."""

    http_status = 429
    code = "risk.order_rate"
    message = "{scope_words} is {limit} orders a minute; this would be number {value}. Wait a moment."


class DailyLossReached(RiskRefusal):
    """Today's loss."""

    code = "risk.daily_loss"
    message = "{scope_words} is a loss of {limit} {unit} a day and {value} {unit} are lost. You can still reduce."


class DrawdownReached(RiskRefusal):
    """The fall from the highest result."""

    code = "risk.drawdown"
    message = "{scope_words} is a drawdown of {limit} % and it stands at {value} %. You can still reduce."


class OnlyReducing(RiskRefusal):
    """The state lets only reducing orders pass."""

    code = "risk.only_reducing"
    message = "Trading is reduced for this {scope_name} ({why}). Orders that make a position smaller are accepted."


class TradingHalted(RiskRefusal):
    """The state lets nothing pass."""

    code = "risk.halted"
    message = "Trading is halted for this {scope_name} ({why}). Open orders can be cancelled."


class KillSwitchEngaged(RiskRefusal):
    """A kill switch is engaged."""

    code = "risk.kill_switch"
    message = "The kill switch of this {scope_name} is engaged. Orders that make a position smaller are accepted."


class FactsUnknown(Unavailable):
    """A limit cannot be checked: a price or the equity is not known."""

    code = "risk.facts_unknown"
    message = "{what} is not known at the moment, so the limit ({rule}) cannot be checked. Nothing was sent."


class LimitInvalid(Invalid):
    """A limit is a number of its rule's kind."""

    code = "risk.limit_invalid"
    message = "{why}"


class NothingToChange(Conflict):
    """The value is what it was."""

    code = "risk.nothing_to_change"
    message = "This is the present state already."


class ChangedSinceAsked(Conflict):
    """Between request and approval somebody changed what the request was about."""

    code = "risk.changed_since_asked"
    message = "This was changed after the request was made. Reject it and ask again."


class LimitMissing(NotFound):
    """No such limit of this customer."""

    code = "risk.limit_missing"
    message = "There is no such limit."


class SwitchMissing(NotFound):
    """No such switch of this customer."""

    code = "risk.switch_missing"
    message = "There is no such kill switch."


class SubjectMissing(NotFound):
    """No such bot, customer or account."""

    code = "risk.subject_missing"
    message = "There is nothing of yours under this id."


class HeldByStaff(NotAllowed):
    """Staff engaged it, so staff lift it."""

    code = "risk.held_by_staff"
    message = "Our trading desk engaged this. Ask support to have it lifted."


class NothingMeasured(NotFound):
    """Nothing to measure."""

    code = "risk.nothing_measured"
    message = "There is no open position with enough price history to measure."
