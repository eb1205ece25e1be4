"""What an error of ccxt proves about an order. The rule: Rejected needs a proof, everything else is Unknown."""

import re
from typing import Any

from apps.trading.exchanges.gateways.port import Rejected, Unknown

LOCAL = "local"

# Answers after which the matching engine cannot have the order: refused before it, or by it.
# Binance's error list: general -1002…-1022 (rights, limits, time, signature), -11xx (parameters), -2010 (refused),
# -2011 (nothing to cancel), -2014/-2015 (key), -2026 (archived), -2038 (not amended). -1000, -1001, -1006, -1007 and
# -1008 are not proofs.
PROOFS = frozenset(
    {-1002, -1003, -1013, -1014, -1015, -1020, -1021, -1022, -2010, -2011, -2013, -2014, -2015, -2026, -2038}
)
PARAMETER_ERRORS = range(-1199, -1099)
# Contracts, which have lists of their own: -2018…-2028 (margin, reduce-only, leverage), -4000…-4199 (filters, modes),
# -5021/-5022 (fill-or-kill, post-only). -4116 says that an order with our client id is there.
CONTRACT_ERRORS = (range(-2028, -2017), range(-4199, -3999), range(-5022, -5020))

# -2010 with this text is no refusal: an order with our client id is in the book already, so an earlier send arrived.
DUPLICATE = "Duplicate order sent."
DUPLICATE_CONTRACT = -4116
MISSING_ORDER = -2013


def classify(error: Exception, answer: Any, *, is_network: bool) -> Rejected | Unknown:
    """Return what `error` proves. `answer` is the venue's JSON answer to this request, None when there was none.

    `is_network` says that the request left and the connection or the server failed (ccxt's OperationFailed).
    """
    code = code_of(answer)
    if code is not None and (code in PROOFS or any(code in each for each in (PARAMETER_ERRORS, *CONTRACT_ERRORS))):
        message = str(answer.get("msg", ""))
        if message == DUPLICATE or code == DUPLICATE_CONTRACT:
            return Unknown("an order with this client id is open at the venue")
        return Rejected(str(code), message)
    if answer is None and not is_network:
        return Rejected(LOCAL, in_words(error))
    return Unknown(in_words(error) if code is None else f"{code} {answer.get('msg', '')}")


def code_of(answer: Any) -> int | None:
    """Return the venue's error code of an answer, or None."""
    code = answer.get("code") if isinstance(answer, dict) else None
    return code if isinstance(code, int) and code < 0 else None


def in_words(error: Exception) -> str:
    """Return an error's text without addresses (a signed address is not for logs), at most 200 characters."""
    text = re.sub(r"https?://\S+", "", str(error)).strip()
    return f"{type(error).__name__}: {text}"[:200]
