"""Exchanges that do not speak Binance's protocol, behind VenuePort: sent, found and read by ccxt's unified answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from apps.core.clock import now, now_ms, to_ms
from apps.trading.exchanges.choices import CallKind, IdStyle
from apps.trading.exchanges.errors import VenueRefused, VenueUnavailable
from apps.trading.exchanges.gateways.ccxt_gateway import (
    NOT_SENT,
    RECEIVE_WINDOW_MS,
    TIMEOUT_MS,
    CcxtGateway,
)
from apps.trading.exchanges.gateways.client_ids import from_venue, to_venue
from apps.trading.exchanges.gateways.dialects import ListTooLong, dialect_of, just_above, list_open
from apps.trading.exchanges.gateways.outcomes import LOCAL, in_words
from apps.trading.exchanges.gateways.port import (
    Balance,
    Confirmed,
    OrderKind,
    OrderRequest,
    Outcome,
    Rejected,
    TimeInForce,
    Unknown,
    VenueFill,
    VenueOrder,
)
from apps.trading.exchanges.gateways.replies import (
    as_asked,
    is_whole,
    judge,
    read_fill,
    read_order,
    refused,
    taken_order,
)
from kernel.instruments import Side

R = TypeVar("R")
PAGE = 1_000
MOST_PAGES = 20
BEFORE_MS = 60_000
"""How long before an order was sent its exchange's list is read from: clocks differ."""


@dataclass(frozen=True, slots=True)
class OrderAtVenue:
    """An order of ours that is not over, as the owner of the orders knows it; `sent_at` None: not sent yet."""

    client_id: str
    symbol: str
    sent_at: datetime | None


class UnifiedGateway(CcxtGateway):
    """One account at one exchange, in its dialect. See VenuePort.

    `ours` (given to `use`) lists the account's orders that are not over: where an exchange does not show the whole of
    our ids, or cannot list all symbols at once, they tell what to look for.
    """

    def __init__(
        self,
        *,
        ccxt_id: str,
        settings: Mapping[str, Any],
        api_key: str,
        api_secret: str,
        passphrase: str = "",
        timeout_ms: int = TIMEOUT_MS,
    ) -> None:
        self._dialect = dialect_of(ccxt_id)
        options = {**settings.get("options", {}), **self._dialect.options}
        super().__init__(
            ccxt_id=ccxt_id, settings={**settings, "options": options}, api_key=api_key, api_secret=api_secret,
            passphrase=passphrase, timeout_ms=timeout_ms,
        )  # fmt: skip
        self._style = IdStyle.PLAIN
        self._ours: Callable[[], Sequence[OrderAtVenue]] = tuple
        self._names: dict[str, str] = {}
        self._last_ms, self._headers = 0, dict[str, str]()
        self._client.has = {**self._client.has, "fetchCurrencies": False}  # markets are all that orders need
        self._guard(self._client)

    def name_by(self, style: IdStyle, ours: Callable[[], Sequence[OrderAtVenue]]) -> None:
        """Say in which form ids are sent, and where the orders of this account that are not over are listed."""
        self._style, self._ours = style, ours

    # ---- the port

    def _submit(self, request: OrderRequest) -> Outcome:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        self._prepare()
        symbol = str(self._unified(request.symbol))
        kind, price, force = request.kind.value, request.price, request.time_in_force
        if request.kind is OrderKind.MARKET and request.side is Side.BUY and self._dialect.buys_by_cost:
            price = Decimal(self._checked(lambda: just_above(self._client, symbol)))
            kind, force = OrderKind.LIMIT.value, TimeInForce.IOC
        params: dict[str, Any] = {self.id_param: self._their_id(request.client_id)}
        if request.post_only:
            params["postOnly"] = True
        elif force is not None:
            params["timeInForce"] = force.value
        with self._in_time(request) as more:
            found = self._acted(
                lambda: self._client.create_order(
                    symbol, kind, request.side.value, f"{request.quantity:f}",
                    None if price is None else f"{price:f}", {**params, **more},
                )
            )  # fmt: skip
        if not isinstance(found, dict):
            return found
        if found.get("status") == "rejected":
            return refused(self._client.last_json_response)
        if not found.get("id"):
            return Unknown("its answer names no order")
        return Confirmed(as_asked(self._standing(found, request, symbol), request))

    def cancel(self, symbol: str, client_id: str) -> Outcome:
        """Cancel an open order. See VenuePort."""
        with self._turn, self._of_kind(CallKind.CANCEL):
            self._prepare()
            unified, theirs = str(self._unified(symbol)), self._their_id(client_id)
            done = self._acted(lambda: self._take_back(unified, theirs))
            if not isinstance(done, dict):
                return done
            try:
                found = self._dialect.find(self._client, unified, theirs, self._since(client_id))
            except Exception as error:  # noqa: BLE001 - it was taken back; how it stands is asked again
                return Unknown(f"it is being taken back ({in_words(error)})")
            if found is None or not is_whole(found):
                return Unknown("it is being taken back")
            return Confirmed(read_order(found, symbol=symbol, client_id=client_id))

    def cancel_all(self, symbol: str) -> Mapping[str, VenueOrder]:
        """Send nothing: these exchanges do not tell which orders went. See VenuePort."""
        return {}

    def query(self, symbol: str, client_id: str) -> VenueOrder | None:
        """Return an order by its client id, or None. See VenuePort."""
        theirs, since = self._their_id(client_id), self._since(client_id)
        found = self._ask(lambda: self._dialect.find(self._client, str(self._unified(symbol)), theirs, since))
        if found is None:
            if since is not None and now_ms() - since - BEFORE_MS < self._dialect.accepts_for_s * 1_000:
                raise VenueUnavailable(reason="it may still take an order that is under way")
            return None
        if not is_whole(found):
            raise VenueUnavailable(reason="its answer does not tell how the order stands")
        return read_order(found, symbol=symbol, client_id=client_id)

    def open_orders(self, symbol: str | None = None) -> list[VenueOrder]:
        """Return open orders, ours and foreign. See VenuePort."""
        rows = self._ask(
            lambda: list_open(self._client, self._dialect, self._unified(symbol), self._traded_symbols)
        )  # fmt: skip
        self._names = {}
        return [
            read_order(row, symbol=self._our_symbol(row["symbol"]), client_id=self._our_id(row.get("clientOrderId")))
            for row in rows
            if is_whole(row)
        ]

    def fills(self, symbol: str, since_id: str | None = None) -> list[VenueFill]:
        """Return executions from `since_id` on, oldest first. See VenuePort. Pages are read from the newest back."""
        found: dict[str, VenueFill] = {}
        until: int | None = None
        for _ in range(MOST_PAGES):
            rows = self._ask(lambda before=until: self._trades(symbol, before))  # type: ignore[misc]
            unified = self._unified(symbol)
            new = [row for row in rows if str(row["id"]) not in found]
            for row in new:
                if row["symbol"] == unified:
                    found[str(row["id"])] = read_fill(row, symbol=symbol)
            oldest = min((int(row["timestamp"]) for row in rows), default=None)
            if since_id is None or since_id in found or not new or oldest == until:
                break
            until = oldest
        fills = sorted(found.values(), key=lambda fill: (fill.at_ms, fill.trade_id))
        if since_id in found:
            first = next(at for at, fill in enumerate(fills) if fill.trade_id == since_id)
            fills = fills[first:]
        return fills[:PAGE]

    def balances(self) -> list[Balance]:
        """Return the assets of the account that are not zero. See VenuePort."""
        found = self._ask(self._client.fetch_balance)
        rows = []
        for asset in found["total"]:
            free, total = found["free"].get(asset), found["total"].get(asset)
            used = found["used"].get(asset)
            locked = Decimal(str(used)) if used is not None else Decimal(str(total or 0)) - Decimal(str(free or 0))
            rows.append(Balance(asset, Decimal(str(free or 0)), locked))
        return sorted((row for row in rows if row.free or row.locked), key=lambda row: row.asset)

    # ---- inside

    def _prepare(self) -> None:
        """Read markets and clock, and what the library wants to know of the account. Raises as CcxtGateway's does."""
        if self._is_ready:
            return
        markets = self._markets()
        self._symbols = {f"{row['base']}{row['quote']}": name for name, row in markets.items() if row["spot"]}
        if self._client.has.get("fetchTime"):
            self.measure_clock()
        warm_up = self._dialect.warm_up
        if warm_up is not None:
            self._checked(lambda: warm_up(self._client))
        self._is_ready = True

    def _refusal(self, request: OrderRequest) -> Rejected | None:
        if not self.may_trade:
            return Rejected(LOCAL, "the key of this connection can only read")
        if request.kind not in (OrderKind.MARKET, OrderKind.LIMIT):
            return Rejected(LOCAL, "orders of this kind are not sent to this exchange")
        if len(self._their_id(request.client_id)) > self.longest_id:
            return Rejected(LOCAL, f"the exchange takes ids of at most {self.longest_id} characters, ours are longer")
        return None

    def _standing(self, found: Mapping[str, Any], request: OrderRequest, symbol: str) -> VenueOrder:
        """Return how an order stands that was just taken: as answered, else as looked up, else merely taken."""
        whole: Mapping[str, Any] | None = found if is_whole(found) else None
        if whole is None:
            try:
                looked = self._client.fetch_order(str(found["id"]), symbol, dict(self._dialect.look))
                whole = looked if is_whole(looked) else None
            except Exception:  # noqa: BLE001 - it was taken: that is known whatever this question brings
                whole = None
        if whole is None:
            return taken_order(request, str(found["id"]), now_ms())
        return read_order(whole, symbol=request.symbol, client_id=request.client_id)

    def _take_back(self, symbol: str, theirs: str) -> dict[str, Any]:
        if self._dialect.cancel_by is None:
            found = self._dialect.find(self._client, symbol, theirs, None)
            if found is None:
                raise self._errors.OrderNotFound("it has no order of this id")
            order_id, params = found["id"], dict[str, str]()
        else:
            order_id, params = self._dialect.cancel_by(theirs)
        self._client.cancel_order(order_id, symbol, params)
        return {}

    def _trades(self, symbol: str, until: int | None) -> list[dict[str, Any]]:
        wanted = None if self._dialect.trades_of_all else self._unified(symbol)
        params = {} if until is None else {"until": until}
        found: list[dict[str, Any]] = self._client.fetch_my_trades(wanted, None, self._dialect.trades_page, params)
        return found

    def _acted(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any] | Rejected | Unknown:
        """Run a call that changes something; any failure becomes an outcome. Raises VenueUnavailable: nothing left."""
        self._client.last_json_response = None
        try:
            return call()
        except self._errors.BaseError as error:
            self._note_clock(error)
            return judge(error, self._client.last_json_response)
        except NOT_SENT as error:
            raise VenueUnavailable(reason=error.text) from error
        except Exception as error:  # noqa: BLE001 - the request may have left: an answer we cannot read proves nothing
            return Unknown(in_words(error))

    def _checked(self, call: Callable[[], R]) -> R:
        self._client.last_json_response = None
        try:
            return call()
        except NOT_SENT as error:
            raise VenueUnavailable(reason=error.text) from error
        except ListTooLong as error:
            raise VenueUnavailable(reason="its lists do not tell what became of the order") from error
        except self._errors.BaseError as error:
            self._note_clock(error)
            verdict = judge(error, self._client.last_json_response)
            busy = isinstance(error, self._errors.OperationFailed)
            if isinstance(verdict, Rejected) and not busy:
                raise VenueRefused(reason=verdict.message, code=verdict.code) from error
            raise VenueUnavailable(reason=in_words(error)) from error

    def _note_clock(self, error: Exception) -> None:
        if isinstance(error, self._errors.InvalidNonce):
            self._is_ready = False

    @contextmanager
    def _in_time(self, request: OrderRequest) -> Iterator[dict[str, Any]]:
        """Let an order leave within its window only, and tell the exchange the last moment where it listens to one."""
        if request.timestamp_ms is None:
            yield {}
            return
        self._last_ms = request.timestamp_ms + RECEIVE_WINDOW_MS
        params: dict[str, Any] = {}
        if self._dialect.expiry is not None:
            params, self._headers = self._dialect.expiry(self._last_ms + self.clock_offset_ms)
        try:
            yield params
        finally:
            self._last_ms, self._headers = 0, {}

    def _guard(self, client: Any) -> None:
        sending = client.fetch

        def fetch(url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
            if self._last_ms and method != "GET":
                if now_ms() > self._last_ms:
                    raise self._errors.InvalidOrder("it could not be sent in time, so it was not sent")
                headers = {**(headers or {}), **self._headers}
            return sending(url, method, headers, body)

        client.fetch = fetch

    def _their_id(self, client_id: str) -> str:
        return to_venue(self._style, client_id)

    def _our_id(self, theirs: object) -> str:
        text = str(theirs or "")
        found = from_venue(self._style, text) if text else ""
        if found is None and not self._names:
            self._names = {self._their_id(order.client_id): order.client_id for order in self._ours()}
        return self._names.get(text, text) if found is None else found

    def _our_symbol(self, unified: object) -> str:
        base, _, quote = str(unified).partition("/")
        return f"{base}{quote}"

    def _traded_symbols(self) -> list[str]:
        wanted = sorted({order.symbol for order in self._ours()})
        return [self._symbols[symbol] for symbol in wanted if symbol in self._symbols]

    def _since(self, client_id: str) -> int | None:
        """Return from when on the exchange may know an order (Unix ms), None when we do not know when it was sent."""
        sent = next((order.sent_at or now() for order in self._ours() if order.client_id == client_id), None)
        return None if sent is None else to_ms(sent) - BEFORE_MS
