"""GET /status on the protocol's port: the exchange for whoever looks at it with a browser.

Books, numbers of accounts and rates; no keys, no balances, nothing about single accounts. One page of HTML without
scripts and without anything from elsewhere.
"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.faults import FaultBox
from apps.trading.sandbox.exchange.hub import Hub
from apps.trading.sandbox.exchange.mirror import Mirror
from apps.trading.sandbox.exchange.venue import Venue
from apps.trading.sandbox.exchange.web import Send
from kernel.matching import Side

STATUS_PAGE_PATH = "/status"
WINDOW_SECONDS = 10
REFRESH_SECONDS = 5
_STYLE = (
    ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}caption{text-align:left;font-weight:600}"
    "th,td{padding:.25rem .75rem;border-bottom:1px solid #8886;text-align:left}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.wrap{overflow-x:auto}"
)
_HEADERS = [
    (b"content-type", b"text/html;charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class RateWatch:
    """Counters as rates a second over the last WINDOW_SECONDS; fed once a second."""

    def __init__(self, venue: Venue, wall_seconds: Callable[[], float]) -> None:
        self._venue = venue
        self._now = wall_seconds
        self._samples: deque[tuple[float, dict[str, int]]] = deque(maxlen=WINDOW_SECONDS + 1)
        self.sample()

    def sample(self) -> None:
        """Note the counters as they are now."""
        self._samples.append((self._now(), self.totals()))

    def rates(self) -> dict[str, float]:
        """What each counter grew by, a second."""
        then, old = self._samples[0]
        seconds = max(1.0, self._now() - then)
        return {name: round((count - old[name]) / seconds, 1) for name, count in self.totals().items()}

    def totals(self) -> dict[str, int]:
        """The counters, since the process started."""
        journal = self._venue.journal
        return self._venue.counters | {"journal records": journal.records, "journal syncs": journal.syncs}


class StatusPage:
    """Writes the page."""

    def __init__(
        self, venue: Venue, hub: Hub, faults: FaultBox, rates: RateWatch, mirror: Mirror | None = None
    ) -> None:
        self._mirror = mirror
        self._venue = venue
        self._hub = hub
        self._faults = faults
        self._rates = rates

    async def answer(self, send: Send) -> None:
        """Send the page."""
        body = self.html().encode()
        headers = [*_HEADERS, (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def html(self) -> str:
        """The page as text."""
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sandbox exchange</title>'
            f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<style>{_STYLE}</style></head><body><h1>Sandbox exchange</h1>"
            f"{self._market()}{self._feeds()}{self._books()}{self._numbers()}{self._rate_table()}</body></html>"
        )

    def _feeds(self) -> str:
        if self._mirror is None:
            return ""
        rows = [list(each.values()) for each in self._mirror.status()]
        names = ["Symbol", "Feed", "Book's age (s)", "Connections", "Last error"]
        return _table(
            "Followed exchange", names, [["–" if cell is None else cell for cell in row] for row in rows], texts=2
        )

    def _market(self) -> str:
        if self._mirror is not None:
            return (
                f"<p>Virtual funds; books and trades of {escape(self._mirror.source)} as they happen. "
                "A symbol whose feed is stale takes no orders and fills nothing.</p>"
            )
        engine = self._venue.engine
        clock, view = engine.state.clock, engine.view
        stands = f"running at {clock.speed:g}×" if clock.running else "standing"
        at = datetime.fromtimestamp(view.now_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        maintenance = (
            "<p><strong>In maintenance: requests are refused.</strong></p>" if self._faults.in_maintenance else ""
        )
        bar = clock.quantum // QUANTA
        return (
            f"<p>Virtual funds, recorded prices. Mode {escape(clock.mode)}, market time {at} UTC, {stands}; bar "
            f"{bar % view.recording.bars + 1} of {view.recording.bars}.</p>{maintenance}"
        )

    def _books(self) -> str:
        rows = []
        for symbol, market in self._venue.engine.state.markets.items():
            book = self._venue.engine.quote(symbol).book
            prices = [_price(book.best_bid()), _price(book.best_ask()), _price(self._venue.engine.view.price(symbol))]
            levels = [len(book.depth(side)) for side in Side]
            rows.append([symbol, market.status, *prices, *levels, market.last_order_id])
        names = ["Symbol", "Status", "Bid", "Ask", "Price", "Bid levels", "Ask levels", "Orders ever"]
        return _table("Books", names, rows, texts=2)

    def _numbers(self) -> str:
        state, counts = self._venue.engine.state, self._hub.counts()
        rows: list[list[Any]] = [
            ["Accounts", len(state.accounts)],
            ["Keys", len(state.keys)],
            ["Open orders", sum(account.open_count for account in state.accounts.values())],
            ["Market streams", counts["streams"]],
            ["User streams", counts["users"]],
            ["Active faults", len(self._faults.rules)],
        ]
        return _table("Now", ["", "Number"], rows, texts=1)

    def _rate_table(self) -> str:
        total = self._rates.totals()
        rows = [[name.capitalize(), rate, total[name]] for name, rate in self._rates.rates().items()]
        return _table("Rates", ["", f"A second ({WINDOW_SECONDS} s)", "Since the start"], rows, texts=1)


def _price(ticks: int | None) -> str:
    return payloads.price_text(ticks) if ticks else "–"


def _table(caption: str, names: list[str], rows: list[list[Any]], *, texts: int) -> str:
    """A table whose first `texts` columns are words, the others numbers."""

    def cells(tag: str, row: list[Any]) -> str:
        marks = ["" if place < texts else ' class="n"' for place in range(len(row))]
        return "".join(f"<{tag}{mark}>{escape(str(cell))}</{tag}>" for mark, cell in zip(marks, row, strict=True))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    head = f"<thead><tr>{cells('th', list(names))}</tr></thead>"
    return f'<div class="wrap"><table><caption>{escape(caption)}</caption>{head}<tbody>{body}</tbody></table></div>'
