"""The running exchange: admits commands, journals them, applies them, moves the market and publishes what happened."""

import secrets
from collections.abc import Callable
from typing import Any, Protocol

from apps.trading.sandbox.exchange import payloads
from apps.trading.sandbox.exchange.candles import QUANTA
from apps.trading.sandbox.exchange.clock import WallClock
from apps.trading.sandbox.exchange.compaction import SnapshotKeeper
from apps.trading.sandbox.exchange.config import ExchangeConfig, MarketMode
from apps.trading.sandbox.exchange.engine import BalanceEvent, Engine, Event, ListEvent, OrderEvent, TapeEvent
from apps.trading.sandbox.exchange.errors import ControlError
from apps.trading.sandbox.exchange.journal import Journal, Record
from apps.trading.sandbox.exchange.state import Account, ApiKey, ExchangeState, Order, OrderList, PrivateTrade
from apps.trading.sandbox.exchange.storage import StateFolder
from apps.trading.sandbox.exchange.usdm.events import UsdmEvent
from apps.trading.sandbox.exchange.usdm.feeds import UsdmFeeds

Json = dict[str, Any]
TICK_SECONDS = 0.1


class Outlet(Protocol):
    """Where committed events go."""

    def wants_trades(self, symbol: str) -> bool:
        """Whether anybody listens to a symbol's public trades."""

    def wants_private(self, account_id: int) -> bool:
        """Whether anybody listens to an account."""

    def send_private(self, account_id: int, event: dict[str, Any]) -> None:
        """An event of an account's user stream."""

    def send_trade(self, symbol: str, trade: dict[str, Any]) -> None:
        """A public trade in aggregate form."""

    def market_moved(self) -> None:
        """The market clock moved."""


class Venue:
    """Single writer of the engine. All methods run in the event loop's thread and none waits midway."""

    def __init__(self, config: ExchangeConfig, clock: WallClock, engine: Engine, journal: Journal) -> None:
        self.config = config
        self.clock = clock
        self.engine = engine
        self.journal = journal
        self.outlet: Outlet | None = None
        self.usdm_feeds = UsdmFeeds()
        self.on_trade: Callable[[Order, PrivateTrade], None] | None = None
        self.counters = {"orders": 0, "cancels": 0, "trades": 0}
        self._snapshots: SnapshotKeeper | None = None
        self._journaled_quantum = engine.state.clock.quantum
        self._anchor = (clock.now_ms(), engine.state.clock.quantum)
        self._outgoing: list[Callable[[Outlet], None]] = []
        self._fills = False
        engine.listener = self._collect
        self._apply_configuration()

    @property
    def state(self) -> ExchangeState:
        """The engine's state."""
        return self.engine.state

    # ---- commands

    def submit(self, record: Record) -> Any:
        """Journal and apply one admitted record. Durable after `journal.commit()`; publishing waits for that too."""
        quantum = self.engine.state.clock.quantum
        if quantum != self._journaled_quantum:
            self.journal.append({"k": "move", "t": record["t"], "q": quantum})
            self._journaled_quantum = quantum
        self.journal.append(record)
        result = self.engine.apply(record)
        self._journaled_quantum = self.engine.state.clock.quantum
        self._release(moved=False)
        return result

    def place_order(self, record: Record) -> Order:
        """Submit an admitted order."""
        self.counters["orders"] += 1
        order: Order = self.submit(record)
        return order

    def cancel_order(self, account: Account, order: Order, client_id: str) -> Order:
        """Submit the cancel of an open order."""
        self.counters["cancels"] += 1
        record = {"k": "cancel", "t": self.clock.now_ms(), "account": account.id, "s": order.symbol}
        result: Order = self.submit(record | {"id": order.id, "cid": client_id})
        return result

    def open_account(self, label: str, reference: str, funds: dict[str, int], fees: tuple[int, int]) -> Account:
        """A new account, or the one that already carries the non-empty `reference`."""
        for account in self.engine.state.accounts.values():
            if reference and account.reference == reference:
                return account
        record = {"k": "account", "t": self.clock.now_ms(), "label": label, "ref": reference, "funds": funds}
        opened: Account = self.submit(record | {"maker": fees[0], "taker": fees[1]})
        return opened

    def place_list(self, record: Record) -> OrderList:
        """Submit an admitted order list."""
        self.counters["orders"] += len(record["orders"])
        placed: OrderList = self.submit(record)
        return placed

    def cancel_list(self, account: Account, order_list: OrderList, client_id: str) -> OrderList:
        """Submit the cancel of an open list: of any of its open orders, the others go with it."""
        orders = self.engine.state.markets[order_list.symbol].orders
        first = next(orders[order_id] for order_id in order_list.order_ids if orders[order_id].is_open)
        self.cancel_order(account, first, client_id)
        return order_list

    def amend_order(self, record: Record) -> Order:
        """Submit an admitted amendment."""
        order: Order = self.submit(record)
        return order

    def set_fees(
        self, account: Account, *, maker: int, taker: int, fee_asset: str = "", fee_discount: int = 0
    ) -> Account:
        """Set an account's rates, and the asset that pays its fees at a discount ("" = what is received pays)."""
        record = {"k": "fees", "t": self.clock.now_ms(), "account": account.id, "maker": maker, "taker": taker}
        changed: Account = self.submit(record | {"asset": fee_asset, "discount": fee_discount})
        return changed

    def add_key(
        self,
        account: Account,
        label: str,
        *,
        kind: str = "HMAC",
        public_key: str = "",
        permissions: tuple[str, ...] = ("read", "trade"),
        ips: tuple[str, ...] = (),
    ) -> ApiKey:
        """A new key: HMAC with a random secret, or RSA or ED25519 with the owner's public key (PEM)."""
        record = {"k": "key", "t": self.clock.now_ms(), "account": account.id, "label": label}
        secret = secrets.token_hex(32) if kind == "HMAC" else public_key
        record |= {"kind": kind, "permissions": list(permissions), "ips": list(ips)}
        key: ApiKey = self.submit(record | {"key": secrets.token_hex(32), "secret": secret})
        return key

    def revoke_key(self, key: str) -> None:
        """Refuse a key from now on."""
        self.submit({"k": "revoke", "t": self.clock.now_ms(), "key": key})

    def reset_account(self, account: Account, funds: dict[str, int]) -> Account:
        """Cancel every open order and set the balances; past orders and trades stay."""
        record = {"k": "reset", "t": self.clock.now_ms(), "account": account.id, "funds": funds}
        result: Account = self.submit(record)
        return result

    def follow(self, record: Record) -> None:
        """News of the exchange that is followed (`mirror`), or its loss (`halt`)."""
        if self.state.markets[record["s"]].halted is not record.get("halted"):
            self.submit(record)
            self._release(moved=True)

    # ---- snapshots

    def keep_snapshots(self, folder: StateFolder) -> None:
        """Write a snapshot beside the running exchange whenever enough was journalled."""
        self._snapshots = SnapshotKeeper(folder, self.journal, self._renew_quotes)

    def _renew_quotes(self) -> None:
        self.submit({"k": "renew", "t": self.clock.now_ms()})

    def request_snapshot(self) -> bool:
        """Begin a snapshot now; False when one is being written (or none are kept)."""
        return self._snapshots is not None and self._snapshots.request()

    def snapshot_facts(self) -> dict[str, Any]:
        """Generation, records since the last snapshot, whether one is being written, the last failure."""
        return self._snapshots.facts() if self._snapshots is not None else {}

    async def stop_snapshots(self) -> None:
        """End a snapshot under way: the next one does its work."""
        if self._snapshots is not None:
            await self._snapshots.stop()

    # ---- market clock

    def tick(self) -> None:
        """Move the market to where the wall clock says it is."""
        if self._snapshots is not None:
            self._snapshots.look()
        clock = self.engine.state.clock
        if not clock.running:
            return
        wall, quantum = self._anchor
        elapsed = max(0, self.clock.now_ms() - wall)
        target = quantum + int(elapsed * clock.speed) // self.engine.view.recording.quantum_ms
        if target <= clock.quantum:
            return
        last = self._last_quantum()
        if last is not None and target > last:
            self._advance(last)
            self.set_running(running=False)
            return
        self._advance(target)

    def set_running(self, *, running: bool) -> None:
        """Pause or resume; resuming leaves lock-step."""
        if self.engine.state.clock.mode == MarketMode.MIRROR.value:
            raise ControlError(409, "the market follows another exchange in mode `mirror`")
        last = self._last_quantum()
        if running and last is not None and self.engine.state.clock.quantum >= last:
            raise ControlError(409, "the recording has ended; jump to an earlier time")
        change: Record = {"running": running}
        if running:
            change["standing"] = False
        self._change_clock(change)

    def set_speed(self, speed: float) -> None:
        """Market seconds per wall second (replay only)."""
        self._require_replay()
        self._change_clock({"speed": speed})

    def step(self, bars: int) -> None:
        """Close `bars` bars; then the market stands at the next bar's open: zero spread, deep, until the next step."""
        self._require_replay()
        clock = self.engine.state.clock
        for _ in range(bars):
            quantum = (clock.quantum // QUANTA + 1) * QUANTA
            last = self._last_quantum()
            if last is not None and quantum > last:
                raise ControlError(409, "the recording has ended")
            record = {"k": "move", "t": self.clock.now_ms(), "q": quantum, "standing": True}
            self.journal.append(record)
            self.engine.apply(record)
            self._journaled_quantum = quantum
            self._release(moved=True)
        self._re_anchor()

    def jump(self, market_ms: int) -> None:
        """Go to the bar that holds a market time, without walking there. Accounts stay as they are."""
        self._require_replay()
        view = self.engine.view
        bar = (market_ms - self.engine.state.clock.origin) // view.recording.bar_ms
        if not 0 <= bar < view.recording.bars:
            raise ControlError(422, "the time is outside the recording")
        self.submit({"k": "jump", "t": self.clock.now_ms(), "q": bar * QUANTA})
        self._re_anchor()
        self._release(moved=True)

    def _change_clock(self, change: Record) -> None:
        self.submit({"k": "clock", "t": self.clock.now_ms()} | change)
        self._re_anchor()
        self._release(moved=True)

    def _re_anchor(self) -> None:
        """Pace from here; in mode `now` the market time is the wall time, whatever happened before."""
        clock = self.engine.state.clock
        follows_wall = clock.mode == MarketMode.NOW.value
        self._anchor = (clock.origin, 0) if follows_wall else (self.clock.now_ms(), clock.quantum)

    def _require_replay(self) -> None:
        if self.engine.state.clock.mode != MarketMode.REPLAY.value:
            raise ControlError(409, "the market follows the wall clock in mode `now`")

    def _last_quantum(self) -> int | None:
        return None if self.config.loop else self.engine.view.recording.bars * QUANTA - 1

    def _advance(self, quantum: int) -> None:
        """Journal a move when it filled orders or closed a bar; other moves go to disk with the next record."""
        record: Record = {"k": "move", "t": self.clock.now_ms(), "q": quantum}
        self._fills = False
        self.engine.apply(record)
        if self._fills or quantum // QUANTA != self._journaled_quantum // QUANTA:
            self.journal.append(record | ({"fills": 1} if self._fills else {}))
            self._journaled_quantum = quantum
        self._release(moved=True)

    def _apply_configuration(self) -> None:
        """A changed mode, speed or start takes effect once; what the control port set since stays otherwise."""
        clock, config, view = self.engine.state.clock, self.config, self.engine.view
        before = clock.configured
        configured = {"mode": config.mode.value, "speed": config.speed, "start": config.start}
        if config.mode is MarketMode.MIRROR:
            return
        if before != configured:
            change: Record = {"configured": configured, "mode": config.mode.value, "speed": config.speed}
            if config.mode is MarketMode.NOW:
                bar, size = clock.quantum // QUANTA, view.recording.bar_ms
                now_open = self.clock.now_ms() // size * size
                change |= {"origin": now_open - bar * size, "speed": 1.0, "running": True, "standing": False}
            else:
                change["origin"] = view.recording.start_ms
            self._change_clock(change)
            if before and config.start is not None and before.get("start") != config.start:
                self.jump(config.start)
        self._re_anchor()

    # ---- publishing

    def _collect(self, event: Event) -> None:
        """Turn an event into a message now: orders and balances change again before the disk answers."""
        if isinstance(event, TapeEvent):
            self._collect_trade(event)
            return
        if isinstance(event, UsdmEvent):
            self._fills = True
            self._outgoing.append(lambda _: self.usdm_feeds.send(event.account_id, event.message))
            return
        if isinstance(event, OrderEvent):
            self._fills = True
            if event.trade is not None:
                self.counters["trades"] += 1
                if self.on_trade is not None:
                    self.on_trade(event.order, event.trade)
        account_id = event.account.id
        if self.outlet is not None and self.outlet.wants_private(account_id):
            for message in self._messages(event):
                self._outgoing.append(_private(account_id, message))

    def _messages(self, event: OrderEvent | BalanceEvent | ListEvent) -> list[Json]:
        if isinstance(event, BalanceEvent):
            granted, time = event.granted or {}, event.account.updated
            updates = [payloads.balance_update(asset, units, time) for asset, units in granted.items()]
            return [payloads.account_position(event.account, event.assets), *updates]
        if isinstance(event, ListEvent):
            orders = self.engine.state.markets[event.order_list.symbol].orders
            members = [orders[each] for each in event.order_list.order_ids]
            return [payloads.list_status(event.order_list, members, is_update=event.is_update)]
        spec, execution = self.engine.state.markets[event.order.symbol].spec, event.execution.value
        return [payloads.execution_report(spec, event.order, execution, event.trade, event.cancel_client_id)]

    def _collect_trade(self, event: TapeEvent) -> None:
        symbol = event.symbol
        if self.outlet is not None and self.outlet.wants_trades(symbol):
            trade = payloads.aggregate_trade(self.engine.state.markets[symbol], event.trade)
            self._outgoing.append(lambda outlet: outlet.send_trade(symbol, trade))

    def _release(self, *, moved: bool) -> None:
        outlet, messages = self.outlet, self._outgoing
        self._outgoing = []
        if outlet is None:
            return

        def publish() -> None:
            for message in messages:
                message(outlet)
            if moved:
                outlet.market_moved()

        if messages or moved:
            self.journal.after_commit(publish)


def _private(account_id: int, message: Json) -> Callable[[Outlet], None]:
    return lambda outlet: outlet.send_private(account_id, message)
