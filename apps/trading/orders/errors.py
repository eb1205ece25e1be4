"""What can be refused about orders."""

from decimal import Decimal

from apps.core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound


class OrderMissing(NotFound):
    """No such order of this customer."""

    code = "orders.order_missing"
    message = "You have no such order."


class QuantityOffGrid(Invalid):
    """The quantity is not one the venue takes."""

    code = "orders.quantity_off_grid"
    message = "The quantity must be a multiple of {lot} {base}, at least {least} and at most {most}."


class PriceOffGrid(Invalid):
    """The price is not one the venue takes."""

    code = "orders.price_off_grid"
    message = "The price must be a positive multiple of {tick} {quote}."


class ValueTooSmall(Invalid):
    """The order's value is below the venue's smallest."""

    code = "orders.value_too_small"
    message = "The order must be worth at least {least} {quote}."


class PriceNeeded(Invalid):
    """A limit order without a price."""

    code = "orders.price_needed"
    message = "A limit order needs a price."


class PriceNotWanted(Invalid):
    """A market order with a price or a time in force."""

    code = "orders.price_not_wanted"
    message = "A market order takes neither a price nor a time in force."


class TriggerNeeded(Invalid):
    """An order that waits, without what it waits for."""

    code = "orders.trigger_needed"
    message = "{kind} needs {what}."


class TriggerNotWanted(Invalid):
    """A trigger, a trail or another word that this kind of order does not have."""

    code = "orders.trigger_not_wanted"
    message = "{kind} takes no {what}."


class TriggerOnWrongSide(Invalid):
    """The trigger would be met at once."""

    code = "orders.trigger_on_wrong_side"
    message = "This order would trigger at once: the price is {price} {quote}. Choose a trigger {side} it."


class EndNotAhead(Invalid):
    """An order that would have ended before it began, or lives for longer than is kept."""

    code = "orders.end_not_ahead"
    message = "Choose an end between a minute and 90 days from now."


class ConfirmationNeeded(NotAllowed):
    """A live order so large that it takes a fresh second factor."""

    code = "orders.confirmation_needed"
    message = "This live order is worth {worth} {quote}. Above {limit} it has to be confirmed with your second factor."


class LooserNeedsCode(NotAllowed):
    """Own limits that would let more through than before, without a fresh second factor."""

    code = "orders.looser_needs_code"
    message = "These limits let more through than the present ones. Confirm them with your second factor."


class OrderTooLarge(LimitReached):
    """A live order above what one order may be worth."""

    code = "orders.too_large"
    message = "This order is worth {worth} {quote}; one live order may be worth {limit}."


class DayLimitReached(LimitReached):
    """Live orders of a day above what they may be worth together."""

    code = "orders.day_limit"
    message = "Live orders of today would come to {worth} {quote}; {limit} are allowed in a day."


class WouldMeetOwnOrder(Conflict):
    """The order would trade with another one of the same customer."""

    code = "orders.would_meet_own_order"
    message = "This order would trade with your own {side} order at {price} on this account. Cancel that one first."


class NothingToReduce(Conflict):
    """A reduce-only order without a position that it could make smaller."""

    code = "orders.nothing_to_reduce"
    message = "There is no open {symbol} position on this account that this order could reduce."


class ExitsDoNotFit(Invalid):
    """The prices of a pair of exits are not around the price they guard."""

    code = "orders.exits_do_not_fit"
    message = "To {side}, the take profit must be {above} the stop, with the price in between."


class CannotAmend(Conflict):
    """What is asked cannot be changed on this order."""

    code = "orders.cannot_amend"
    message = "{reason}"


class TooManyOrders(Invalid):
    """A batch with more orders than one may have."""

    code = "orders.too_many"
    message = "Send 1 to {most} orders at once."


class OrderAlreadyOver(Conflict):
    """The order has ended."""

    code = "orders.already_over"
    message = "This order is {state} already."


class VenueNotActive(Conflict):
    """The connection cannot be traded on."""

    code = "orders.connection_not_active"
    message = "This connection is {state}, so no order can be placed on it."


class InsufficientBalance(Conflict):
    """The account does not have what the order may cost."""

    code = "orders.insufficient_balance"
    message = (
        "This order needs {needed} {asset}, and {available} {asset} are available on this account: what open orders"
        " may cost is reserved for them. Choose a smaller quantity, or cancel an open order."
    )

    @classmethod
    def of(cls, asset: str, *, needed: Decimal, available: Decimal) -> "InsufficientBalance":
        """Return the refusal of an order that needs more of an asset than is free; less than nothing is shown as 0."""
        free = max(available, Decimal(0))
        return cls(field="quantity", available=f"{free.normalize():f}", needed=f"{needed.normalize():f}", asset=asset)


class BalancesUnknown(Conflict):
    """Nothing was seen of the account yet, so nothing can be reserved on it."""

    code = "orders.balances_unknown"
    message = "Nothing is known to be on this account yet. Wait a moment until the exchange was asked, and try again."


class PriceUnknown(Conflict):
    """A market order can be reserved only where a price was ever seen."""

    code = "orders.price_unknown"
    message = "There is no price of {symbol} yet, so it is not known what this order costs. Place a limit order."


class ContractsNotOpen(Conflict):
    """The wallet for contracts of a connection is not read."""

    code = "orders.contracts_not_open"
    message = (
        "The wallet for contracts of this account is not open. Open it on the positions page and move funds to it."
    )


class ContractsOnlyPlain(Invalid):
    """A contract order of a bot, a copying or a portfolio."""

    code = "orders.contracts_only_plain"
    message = "Contracts are traded by hand and by large orders. Bots, copies and portfolios trade the spot market."


class PositionSideNeeded(Invalid):
    """The position side does not fit the mode of the account."""

    code = "orders.position_side"
    message = "This account takes {words}."


class TermsPending(Conflict):
    """Leverage or margin mode are on their way to the exchange."""

    code = "orders.terms_pending"
    message = "The exchange is being asked for another leverage of {symbol}. Try again when it has answered."


class ModePending(Conflict):
    """Hedge mode or one-way mode is on its way to the exchange."""

    code = "orders.mode_pending"
    message = "The exchange is being asked for another position mode. Try again when it has answered."


class ContractOrdersWait(Conflict):
    """Contract orders that the exchange does not see stand for the position mode that holds."""

    code = "orders.contract_orders_wait"
    message = "{count} contract orders wait or are worked off here. Cancel them, then change the position mode."


class ResetNotPossible(Conflict):
    """Something still goes on, on the paper account."""

    code = "orders.reset_not_possible"
    message = "{what} on this account. {remedy}, then reset it."


class OnlyPaperIsReset(Conflict):
    """The account holds real money, or is no account of the sandbox exchange."""

    code = "orders.only_paper_is_reset"
    message = "Only an open paper account at the sandbox exchange can be reset."
