"""Names of perpetual contracts: ours are the market's symbol and PERP ("BTCUSDTPERP" follows "BTCUSDT")."""

PERPETUAL = "PERP"


def perpetual_of(market: str) -> str:
    """Return our name of the perpetual contract on a market ("BTCUSDT" gives "BTCUSDTPERP")."""
    return market + PERPETUAL


def is_perpetual(symbol: str) -> bool:
    """Whether a symbol of ours names a perpetual contract."""
    return symbol.endswith(PERPETUAL) and symbol != PERPETUAL


def market_of(symbol: str) -> str:
    """Return the market whose price a symbol follows, which is also the venue's name of a contract; else itself."""
    return symbol.removesuffix(PERPETUAL) if is_perpetual(symbol) else symbol
