"""Why an order was refused, in plain words with what to do; the exchange's code and words stay beside the order."""

import re
from collections.abc import Mapping

from apps.trading.orders.choices import NEVER_ACCEPTED, NOT_SENT

FUNDS = "The account does not have enough for it. Choose a smaller quantity, or bring more funds to the account."
FILTERS = "Its price or quantity does not fit what the exchange takes. Change it and place it again."
TOO_BUSY = "The exchange took no more requests at that moment. Wait a minute and place it again."
LATE = "It reached the exchange too late to be taken. Place it again."
KEY = "The exchange refused the key of this account. Look at the connection under Exchanges."
TRIGGER = "Its trigger was met already. Choose a trigger on the other side of the price."
WOULD_TAKE = "It would have traded at once, and it was only to rest. Choose a price further from the market's."
NO_POSITION = "There was no position left that it could reduce. Nothing has to be done."
SIDE = "It does not fit the position mode of the account. Choose its side as the mode asks, and place it again."
UNKNOWN_MARKET = "The exchange does not trade this market now. Choose another one, or try later."
NOT_FILLED = "It could not be filled at once as it was asked to. Change its price or its time in force."
BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(("-1003", "-1015"), TOO_BUSY),
    "-1013": FILTERS,
    **dict.fromkeys(("-1021", NEVER_ACCEPTED), LATE),
    **dict.fromkeys(("-1002", "-1022", "-2014", "-2015"), KEY),
    "-1121": UNKNOWN_MARKET,
    **dict.fromkeys(("-2018", "-2019"), FUNDS),
    "-2021": TRIGGER,
    "-2022": NO_POSITION,
    "-4061": SIDE,
    "-5021": NOT_FILLED,
    "-5022": WOULD_TAKE,
}
BY_WORDS = (
    ("insufficient balance", FUNDS),
    ("would immediately match", WOULD_TAKE),
    ("would trigger immediately", TRIGGER),
    ("filter failure", FILTERS),
    ("market is closed", UNKNOWN_MARKET),
)
OURS = re.compile(r"[a-z]+\.[a-z_]+")
"""Codes of our own refusals, whose words are plain and say what to do."""


def reason_of(code: str, message: str) -> str:
    """Return why an order was refused, for its owner; without the code."""
    if OURS.fullmatch(code) or code == NOT_SENT:
        return message
    if code in BY_CODE:
        return BY_CODE[code]
    said = message.lower()
    for words, reason in BY_WORDS:
        if words in said:
            return reason
    if not message:
        return "The exchange refused it without a reason. Look at the account there, or place it again."
    return f"The exchange refused it: {message.rstrip('.')}. Change the order, or place it again."


def said_of(code: str, message: str) -> str:
    """Return the small print of a refusal: its code, and the exchange's own words where ours are others."""
    if not code or OURS.fullmatch(code) or code == NOT_SENT or message in reason_of(code, message):
        return code
    return f"{code}: {message}" if message else code
