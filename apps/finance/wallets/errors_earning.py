"""What saving, yield and staking refuse, in sentences."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotFound


class GoalMissing(NotFound):
    """No such goal of this customer."""

    code = "wallets.goal_missing"
    message = "This savings goal does not exist."


class GoalClosed(Conflict):
    """Its money went back."""

    code = "wallets.goal_closed"
    message = "This savings goal is closed. Make a new one to go on saving."


class GoalReachedAlready(Conflict):
    """Its plan has come to its end."""

    code = "wallets.goal_reached_already"
    message = "This savings goal is reached. Make a new one to go on saving, or close it to have the money back."


class TooManyGoals(LimitReached):
    """A person can follow so many goals and no more; waiting makes no room."""

    http_status = 409
    code = "wallets.too_many_goals"
    message = "You have {most} open savings goals. Close one first."


class ScheduleInvalid(Invalid):
    """The schedule contradicts itself."""

    code = "wallets.schedule_invalid"
    message = "{why}"


class DeadlinePast(Invalid):
    """A goal is for a day to come."""

    code = "wallets.deadline_past"
    message = "Choose a day after today ({today}, UTC)."


class NothingSaved(Conflict):
    """Less is in the goal than is asked for."""

    code = "wallets.nothing_saved"
    message = "Only {saved} {asset} are in this goal. Choose a smaller amount."


class ProductMissing(NotFound):
    """No such product, or not one a customer sees."""

    code = "wallets.product_missing"
    message = "This product does not exist."


class ProductNotOffered(Conflict):
    """It takes no new money."""

    code = "wallets.product_not_offered"
    message = "This product takes no new money at the moment. Choose another one."


class ProductInvalid(Invalid):
    """A figure of the product cannot be right."""

    code = "wallets.product_invalid"
    message = "{why}"


class BelowMinimum(Invalid):
    """Less than the product takes."""

    code = "wallets.below_minimum"
    message = "This product takes at least {minimum} {asset}."


class CapacityUsedUp(Conflict):
    """More than the product has room for."""

    code = "wallets.capacity_used_up"
    message = "This product has room for {left} {asset}. Choose a smaller amount."


class PositionMissing(NotFound):
    """No such position of this customer."""

    code = "wallets.position_missing"
    message = "This position does not exist."


class NotBondedYet(Conflict):
    """It is on its way in."""

    code = "wallets.not_bonded_yet"
    message = "This position is bonded at {at}. It can be taken back from then on."


class RatesInvalid(Invalid):
    """The table of rates contradicts itself."""

    code = "wallets.rates_invalid"
    message = "{why}"


class RatesTooLate(Conflict):
    """Rates hold from a day to come: what has accrued stays as it is."""

    code = "wallets.rates_too_late"
    message = "New rates hold from tomorrow (UTC) at the earliest. Ask again with a later day."


class RatesThere(Conflict):
    """Dated rates are never rewritten."""

    code = "wallets.rates_there"
    message = "There are rates from {valid_from} already. Choose another day."


class NoRates(Conflict):
    """Nothing says what it pays."""

    code = "wallets.no_rates"
    message = "This product has no rates yet. Have rates approved before it is offered."


class FiatRateInvalid(Invalid):
    """The rate cannot be used."""

    code = "wallets.fiat_rate_invalid"
    message = "{why}"


class FiatRateThere(Conflict):
    """Dated rates are never rewritten."""

    code = "wallets.fiat_rate_there"
    message = "There is another {pair} rate of this moment from the same source. Enter it with a later moment."


class CurrencyUnknown(Invalid):
    """Values are counted in currencies that the registry knows."""

    code = "wallets.currency_unknown"
    message = "Values can be counted in: {choices}."
