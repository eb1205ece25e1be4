"""What can be refused about instruments."""

from apps.core.errors import NotFound


class UnknownSymbol(NotFound):
    """No instrument has this symbol."""

    code = "instruments.unknown_symbol"
    message = "There is no instrument “{symbol}”. See the list of markets."
