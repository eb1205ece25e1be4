"""What can be refused about bots."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotFound


class BotMissing(NotFound):
    """No such bot of this customer."""

    code = "bots.bot_missing"
    message = "You have no such bot."


class BotNotStopped(Conflict):
    """It has to be stopped, and done with stopping, first."""

    code = "bots.not_stopped"
    message = "This bot is {state}. Stop it first and wait until it has."


class BudgetTooSmall(Invalid):
    """The budget cannot pay the smallest order."""

    code = "bots.budget_too_small"
    message = "The smallest order on {symbol} is worth {least} {quote}; give the bot at least that."


class BudgetNotCovered(Conflict):
    """The account does not hold what the bot may use."""

    code = "bots.budget_not_covered"
    message = "The account has {free} {quote} that no other bot counts on; this bot needs {needed}."


class BalancesUnknown(Conflict):
    """The account was never seen."""

    code = "bots.balances_unknown"
    message = "The account's balances are not known yet. Wait a moment, or check the connection."


class ConnectionNotUsable(Conflict):
    """The connection cannot be traded on."""

    code = "bots.connection_not_usable"
    message = "This connection is {state}, so no bot can run on it."


class NotTradeable(Invalid):
    """The market is not open for new bots."""

    code = "bots.not_tradeable"
    message = "{symbol} cannot be traded at the moment."


class NoCandles(Conflict):
    """There is no candle to begin from."""

    code = "bots.no_candles"
    message = "There are no {interval} candles of {symbol} yet."


class TooManyBots(LimitReached):
    """The person has as many bots as are allowed."""

    code = "bots.too_many"
    message = "You may have {most} bots. Archive those that you no longer use."


class LeaseLost(Conflict):
    """Another worker has taken the bot over; this one must not write any more."""

    code = "bots.lease_lost"
    message = "Another worker runs this bot now."
