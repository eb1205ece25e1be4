"""A customer of each tenant who trades: bots, orders, fills, back-tests, with amounts that no other tenant has."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from apps.core.actors import Actor
from apps.core.clock import from_ms
from apps.core.context import in_schema
from apps.platform.notifications.operations import notify
from apps.platform.notifications.operations.mail import queue_mail
from apps.trading.backtests.choices import StudyKind
from apps.trading.backtests.operations import BacktestRequest, StudyRequest, start_backtest, start_study
from apps.trading.backtests.study_plan import Search
from apps.trading.bots.operations import BotWish, create_bot, pause_bot, resume_bot, start_bot
from apps.trading.exchanges.models import Connection
from apps.trading.exchanges.operations import Confirmed, open_venue
from apps.trading.exchanges.queries import get_open_connection
from apps.trading.orders.algos.choices import AlgoKind
from apps.trading.orders.algos.operations import AlgoWish, pause_algo, resume_algo, start_algo
from apps.trading.orders.choices import Kind
from apps.trading.orders.models import Order
from apps.trading.orders.operations import (
    Exit,
    NewGroup,
    NewOrder,
    NewTerms,
    amend_order,
    cancel_order,
    claim_order,
    place_group,
    place_order,
)
from apps.trading.orders.routing.operations import RouteWish, place_route
from apps.trading.positions.operations import advance_account, open_contracts, request_move
from apps.trading.risk.models import KillSwitch
from apps.trading.risk.operations import set_own_limit
from apps.trading.sandbox.operations import request_paper_account
from apps.trading.strategies.queries import list_latest_versions
from kernel.instruments import Side
from tests.factories.paper_market import STEP, PaperMarket
from tests.factories.people import make_customer
from tests.factories.prices import say_book, say_price
from tests.tenancy.alerts import leave_alert
from tests.tenancy.fill import NOTE
from tests.tenancy.house import Tenant
from tests.tenancy.messages import Queue
from tests.tenancy.money import leave_custody, leave_money, pay_in
from tests.tenancy.portfolios import leave_portfolio

SYSTEM = Actor.system("tests")
SYMBOL = "BTCUSDT"


@dataclass(frozen=True)
class Amounts:
    """Numbers that serve as canaries where a row has no text."""

    budget: str
    quantity: str
    limit: str


AMOUNTS = {"one": Amounts("1711.31", "0.01171", "60011.31"), "two": Amounts("2922.62", "0.02292", "60022.62")}
OF_THE_HOUSE = (
    "ledger.seal", "ledger.expire", "core.drain_outbox", "core.fire_timers", "core.seal_audit", "core.prove_schema",
)  # fmt: skip
"""Tasks that always find something to do."""


@dataclass
class Trader:
    """Maya of a tenant and what she has."""

    tenant: Tenant
    amounts: Amounts
    queue: Queue
    market: PaperMarket
    connection_id: UUID = field(init=False)
    bot_id: UUID = field(init=False)
    parent_id: UUID = field(init=False)
    turns: int = 0
    guests: int = 0

    def __post_init__(self) -> None:
        """Open the account, start a bot, fill an order, finish a back-test."""
        with in_schema(self.tenant.schema):
            opened = get_open_connection(self.user.pk, "sandbox")
            assert opened is not None
            self.connection_id = opened.pk
            self._work_off("sandbox.open_account")
            self.bot_id = self._started_bot()
            self._work_off("bots.advance")
            self._order()
            self._order(self.amounts.limit)
            self._work_off("orders.send")
            self.parent_id = self._algo()
            self._pay_in()
            self._backtest()
            self._work_off("backtests.run")
            self._study()
            self._work_off("backtests.study_part")
            self._read_contracts()
            self._tighten()

    @property
    def user(self) -> Any:
        """The customer."""
        return self.tenant.seeded.people["maya"]

    @property
    def actor(self) -> Actor:
        """The customer as an actor."""
        return Actor.of(self.user)

    def act(self, words: str) -> None:
        """Change something on every live topic; the last frame is a note that carries `words`."""
        with in_schema(self.tenant.schema):
            self._order()
            self._work_off("orders.send")
            self.turns += 1
            (pause_bot if self.turns % 2 else resume_bot)(actor=self.actor, bot_id=self.bot_id)
            (pause_algo if self.turns % 2 else resume_algo)(actor=self.actor, algo_id=self.parent_id)
            self._pay_in()
            self._read_contracts()
            self._tighten()
            self.note(words)

    def note(self, words: str) -> None:
        """Notify the customer."""
        with in_schema(self.tenant.schema):
            notify(self.user.pk, NOTE.name, {"name": f"{self.tenant.canary} {words}"}, dedupe_key=words)

    def leave_work(self) -> dict[str, list[Any]]:
        """Leave something to do for every task of a tenant; return the arguments that name it, by task."""
        with in_schema(self.tenant.schema):
            cancelled, amended, replaced = (self._order(self.amounts.limit) for _ in range(3))
            self._work_off("orders.send")
            replacement = self._replaced(replaced)
            pair, algo, route = self._held_and_pair(), self._algo(), self._route()
            cancel_order(actor=self.actor, order_id=cancelled)
            unknown = self._order()
            claim_order(actor=SYSTEM, order_id=unknown)
            intent, run, bot = self._order(self.amounts.limit), self._backtest(), self._started_bot()
            study = self._study()
            mail = queue_mail(recipient=self.user.email, subject=self.tenant.canary, text=self.tenant.canary)
            closing = self._guest_connection()
            self._work_off("sandbox.open_account")
            opening, connection, switch = self._guest_connection(), str(self.connection_id), self._engaged()
            tried = self._waiting_key()
            self.note(f"left-{self.guests}")
            leave_money(self.user.pk, self.amounts.budget, f"left-{self.guests}")
            payer = make_customer(f"payer-{self.guests}@{self.tenant.seeded.slug}.example")
            leave_alert(self.user, SYMBOL, self.amounts.limit)
            plan = leave_portfolio(self.user, f"{self.tenant.canary} {self.guests}", self.amounts.budget)
            contracts = self._contracts().pk
            self._unseen_contract(contracts)
            custody = leave_custody(payer, self.user, f"{self.tenant.seeded.slug}-{self.guests}")
        return {
            **custody,
            "mail.send": [str(mail.pk)],
            "instruments.check_alerts": [],
            **plan,
            "sandbox.open_account": [str(opening)],
            "risk.review_owner": [str(self.user.pk)],
            "risk.follow_platform": [],
            "risk.monitor": [],
            "bots.advance": [str(bot), "test"],
            "bots.step_batch": [f"{SYMBOL}.5m", self.market.last_ts],
            "orders.advance_algo": [str(algo)],
            "orders.advance_route": [str(route)],
            "orders.send": [str(intent)],
            "orders.cancel": [str(cancelled)],
            "orders.settle": [str(unknown)],
            "orders.read_executions": [connection, f"{SYMBOL}PERP"],
            "orders.reconcile": [connection],
            "orders.look_at_held": [],
            "orders.send_group": [str(pair)],
            "orders.advance_group": [str(pair)],
            "orders.amend": [str(amended), "0.005"],
            "orders.replace": [str(replacement)],
            "positions.read_all_contracts": [],
            "positions.read_contracts": [str(contracts)],
            "exchanges.check_connection": [connection],
            "exchanges.verify_key": [str(tried)],
            "backtests.run": [str(run)],
            "backtests.study_part": [str(study)],
            "sandbox.close_account": [str(closing)],
            **{name: [] for name in OF_THE_HOUSE},
            "orders.take_back": [[str(amended)], switch, "customer", str(self.user.pk), False],
            "orders.stop_scope": [switch, "customer", str(self.user.pk), False],
        }

    def _engaged(self) -> str:
        """Leave a kill switch that reaches none of the customer's orders; its tasks are told to reach them."""
        switch = KillSwitch(scope="bot", subject_id=uuid4(), owner=self.user, is_engaged=True, times=1)
        switch.save()
        return str(switch.pk)

    def _replaced(self, order_id: UUID) -> UUID:
        """Have an order replaced by another one, which waits until the first is over."""
        terms = NewTerms(price=Decimal(self.amounts.limit) - 1000)
        return amend_order(actor=self.actor, order_id=order_id, terms=terms).pk

    def _held_and_pair(self) -> UUID:
        """Leave an order that the platform holds, with a price to look at, and two exits that nobody has sent."""
        price = Decimal(self.market.sandbox.control.status()["prices"][SYMBOL])
        say_price(SYMBOL, price, age=timedelta(hours=-1))
        held = NewOrder(
            symbol=SYMBOL,
            side=Side.BUY,
            kind=Kind.TRAILING_STOP,
            quantity=Decimal("0.001"),
            trail_percent=Decimal(5),
            held_by="platform",
        )
        near = price.quantize(Decimal("0.01"))
        group = NewGroup(
            symbol=SYMBOL,
            side=Side.BUY,
            quantity=Decimal("0.001"),
            take_profit=Exit(price=near - 5000),
            stop=Exit(stop_price=near + 5000),
        )
        where = {"actor": self.actor, "owner_id": self.user.pk, "connection_id": self.connection_id}
        order = place_order(**where, order=held)
        Order.objects.filter(pk=order.pk).update(extreme_price=price * 2)
        return place_group(**where, group=group).pk

    def _contracts(self) -> Any:
        return open_contracts(actor=self.actor, owner_id=self.user.pk, connection_id=self.connection_id)

    def _unseen_contract(self, account_id: UUID) -> None:
        """Leave an order of a contract that was executed while nobody listened."""
        where = {"actor": self.actor, "owner_id": self.user.pk}
        request_move(**where, account_id=account_id, amount=Decimal(500))
        advance_account(account_id=account_id)
        wanted = NewOrder(symbol=f"{SYMBOL}PERP", side=Side.BUY, kind=Kind.MARKET, quantity=Decimal("0.001"))
        order = place_order(**where, connection_id=self.connection_id, order=wanted)
        claimed = claim_order(actor=SYSTEM, order_id=order.pk)
        assert claimed is not None
        outcome = open_venue(self.connection_id).submit(claimed.request)
        assert isinstance(outcome, Confirmed)
        Order.objects.filter(pk=order.pk).update(venue_order_id=outcome.order.venue_order_id, state="open")

    def _read_contracts(self) -> None:
        """Have a worker read the wallet for contracts, which tells its topic."""
        self._contracts()
        self._work_off("positions.read_contracts")

    def _pay_in(self) -> None:
        pay_in(self.user, self.tenant.seeded.people["olga"], "7.11")

    def _tighten(self) -> None:
        """Set a limit of loss, a little tighter each time, so that it holds at once."""
        value = Decimal(self.amounts.limit) - self.turns
        set_own_limit(actor=self.actor, scope="customer", rule="daily_loss", value=value)

    def _work_off(self, task: str) -> None:
        self.queue.work_off(self.tenant.schema, task)

    def _guest_connection(self) -> UUID:
        self.guests += 1
        guest = make_customer(f"guest-{self.guests}@{self.tenant.seeded.slug}.example")
        return request_paper_account(actor=Actor.of(guest), owner_id=guest.pk)

    def _waiting_key(self) -> UUID:
        """Leave a key that the exchange does not know and nobody has tried."""
        row = Connection.objects.get(pk=self._guest_connection())
        row.next_key, row.next_secret = f"key-{self.guests}", f"secret-{self.guests}"
        row.save()
        return row.pk

    def _version(self) -> Any:
        return next(row for row in list_latest_versions(self.user.pk) if row.parsed().timeframe == "5m")

    def _started_bot(self) -> UUID:
        wish = BotWish(
            name=f"Bot {self.tenant.canary}",
            strategy_version_id=self._version().pk,
            connection_id=self.connection_id,
            symbol=SYMBOL,
            budget=Decimal(self.amounts.budget),
        )
        bot = create_bot(actor=self.actor, owner_id=self.user.pk, wish=wish)
        start_bot(actor=self.actor, bot_id=bot.pk)
        return bot.pk

    def _order(self, price: str = "") -> UUID:
        wish = NewOrder(
            symbol=SYMBOL,
            side=Side.BUY,
            kind=Kind.LIMIT if price else Kind.MARKET,
            quantity=Decimal(self.amounts.quantity),
            price=Decimal(price) if price else None,
        )
        return place_order(actor=self.actor, owner_id=self.user.pk, connection_id=self.connection_id, order=wish).pk

    def _algo(self) -> UUID:
        wish = AlgoWish(
            symbol=SYMBOL, side=Side.BUY, algo=AlgoKind.TWAP, quantity=Decimal("0.02"), duration=timedelta(hours=1),
            slices=2,
        )  # fmt: skip
        found = start_algo(actor=self.actor, owner_id=self.user.pk, connection_id=self.connection_id, wish=wish)
        return found.pk

    def _route(self) -> UUID:
        price = Decimal(self.amounts.limit)
        say_book(SYMBOL, "sandbox", bids=[(price - 1, "5")], asks=[(price, "5")])
        wish = RouteWish(symbol=SYMBOL, side=Side.BUY, quantity=Decimal("0.02"), mode="paper")
        return place_route(actor=self.actor, owner_id=self.user.pk, wish=wish).pk

    def _tested(self) -> BacktestRequest:
        end = from_ms(self.market.last_ts + STEP)
        return BacktestRequest(
            version_id=self._version().pk,
            symbol=SYMBOL,
            start=end - timedelta(days=1),
            end=end,
            cash=Decimal(self.amounts.budget),
            taker_fee=Decimal("0.001"),
            slippage_bps=Decimal("2"),
        )

    def _backtest(self) -> UUID:
        return start_backtest(actor=self.actor, owner_id=self.user.pk, request=self._tested()).pk

    def _study(self) -> UUID:
        request = StudyRequest(self._tested(), StudyKind.MONTE_CARLO, Search(budget=2))
        return start_study(actor=self.actor, owner_id=self.user.pk, request=request).pk
