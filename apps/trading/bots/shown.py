"""A bot in words and figures, the same on pages and on the live topic."""

from decimal import Decimal

from apps.core.clock import from_ms
from apps.core.templatetags.ui import amount, trimmed
from apps.core.view import State
from apps.trading.bots.choices import Activity, Desired
from apps.trading.bots.models import Bot
from apps.trading.bots.queries import BotWorth, base_and_quote
from kernel.instruments import INTERVALS


def state_of(bot: Bot) -> State:
    """Return what a bot does, in words."""
    if bot.activity == Activity.TROUBLED:
        return State("warn", "The last step failed; it is tried again")
    if bot.desired_state == Desired.ARCHIVED:
        return State("off", "Archived")
    if bot.desired_state == Desired.STOPPED:
        return State("off", "Stopped") if bot.activity == Activity.STOPPED else State("wait", "Stopping")
    if bot.activity == Activity.ORDERING:
        return State("wait", "An order is under way")
    if bot.desired_state == Desired.PAUSED:
        return State("warn", "Paused")
    if bot.activity == Activity.GAP:
        return State("wait", f"Waiting for the missing {next_candle(bot)} candle")
    if bot.consumed_ts is None:
        return State("wait", "Starting")
    return State("good", f"Waiting for the {next_candle(bot)} candle")


def next_candle(bot: Bot) -> str:
    """Return the open time of the candle that is decided on next, as the owner reads it."""
    if bot.consumed_ts is None:
        return "next"
    return f"{from_ms(bot.consumed_ts + INTERVALS[bot.interval]):%H:%M}"


def detail_of(bot: Bot, worth: BotWorth) -> str:
    """Return the sentence below the state: the position, or the error that is being worked on."""
    if bot.last_error:
        return bot.last_error
    base, _ = base_and_quote(bot.symbol)
    if worth.position > 0 and worth.entry is not None:
        now_at = "" if worth.price is None else f" The price is {amount(worth.price, 2)} now."
        return f"It holds {trimmed(worth.position)} {base}, bought at {amount(worth.entry, 2)}.{now_at}"
    if bot.desired_state == Desired.PAUSED:
        return "It follows the candles and opens and closes nothing."
    return f"It holds no {base}."


def plain(value: Decimal | None) -> str:
    """Return a number as text without trailing zeros, "" for None."""
    return "" if value is None else f"{value.normalize():f}"
