"""Refusals of the protocol: HTTP status, code and the exact English text that clients parse."""


class ApiError(Exception):
    """A refused request; nothing has changed."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, object]:
        """The protocol's error object."""
        return {"code": self.code, "msg": self.message}


class ControlError(Exception):
    """A refused control request; nothing has changed."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def insufficient_balance() -> ApiError:
    """The account's free funds do not cover the order."""
    return ApiError(-2010, "Account has insufficient balance for requested action.")


def would_match() -> ApiError:
    """A maker-only order would take liquidity."""
    return ApiError(-2010, "Order would immediately match and take.")


def duplicate_order() -> ApiError:
    """The client order id is in use by an open order."""
    return ApiError(-2010, "Duplicate order sent.")


def unknown_order() -> ApiError:
    """Nothing to cancel under this id."""
    return ApiError(-2011, "Unknown order sent.")


def no_such_order() -> ApiError:
    """Nothing to show under this id."""
    return ApiError(-2013, "Order does not exist.")


def invalid_symbol() -> ApiError:
    """The symbol is not traded here."""
    return ApiError(-1121, "Invalid symbol.")


def missing_parameter(name: str) -> ApiError:
    """A mandatory parameter is absent or malformed."""
    return ApiError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal_characters(name: str, pattern: str) -> ApiError:
    """A parameter's text is outside its legal range."""
    return ApiError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{pattern}'.")


def too_precise(name: str) -> ApiError:
    """A number has more decimals than the exchange keeps."""
    return ApiError(-1111, f"Parameter '{name}' has too much precision.")


def filter_failure(name: str, code: int = -1013) -> ApiError:
    """An order breaks one of the symbol's filters."""
    return ApiError(code, f"Filter failure: {name}")
