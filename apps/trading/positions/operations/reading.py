"""Reading a contract account at its exchange: margin, fills, funding; then what has to be done about it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.clock import from_ms, now
from apps.core.operation import operation
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.operations import BalanceChange, Mirror, NewJournal, balance_journals, post_many
from apps.finance.ledger.queries import list_known_keys, list_mirrors
from apps.trading.exchanges.operations import open_venue
from apps.trading.positions.choices import AccountState, PositionSide, Purpose
from apps.trading.positions.errors import ContractsAway
from apps.trading.positions.executions import fill_id_of, tell_executions
from apps.trading.positions.first_seen import first_seen_at
from apps.trading.positions.gateways.binance import BinanceContracts
from apps.trading.positions.gateways.port import ContractFill, ContractPort, IncomeRow, ShownAccount, ShownContract
from apps.trading.positions.live import announce_account
from apps.trading.positions.models import ContractPosition, FundingPayment, MarginAccount, Position
from apps.trading.positions.operations.booking import RECORD, FillFacts, apply_fill, open_book
from apps.trading.positions.operations.deciding import decide
from apps.trading.positions.operations.terms import keep_terms
from apps.trading.positions.queries import get_contracts
from kernel.events.positions import MarginCalled
from kernel.instruments import Side
from kernel.margin import Bracket, Leg, state_of
from kernel.margin import MarginAccount as Pool
from kernel.margin.account import EMPTY_RATIO

SYSTEM = Actor.system("positions")
RATIO_STEP = Decimal("0.0001")
TRADED = ("COMMISSION", "REALIZED_PNL", "INSURANCE_CLEAR")


def open_port(account: MarginAccount) -> ContractPort:
    """Return the port of an account, through its connection's client (only where the ring TRADING is held)."""
    port: Any = open_venue(account.connection_id)
    return BinanceContracts(port.client)


def read_account(*, account_id: UUID, port: ContractPort | None = None) -> MarginAccount:
    """Read fills, funding and margin, store them, and commit what has to be done; a failure is kept on the account."""
    account = get_contracts(account_id)
    port = port or open_port(account)
    try:
        rows = port.income(account.income_at)
        symbols = sorted({row.symbol for row in rows if row.kind in TRADED and row.symbol})
        fills = [fill for symbol in symbols for fill in port.fills(symbol, account.income_at)]
        shown = port.show()
    except ContractsAway as error:
        MarginAccount.objects.filter(pk=account.pk).update(error=error.text[:200])
        raise
    _book(actor=SYSTEM, account_id=account.pk, rows=rows, fills=fills)
    return _store(actor=SYSTEM, account_id=account.pk, shown=shown, read_at=now())


# ---- fills and income


@operation("positions.book_contracts", permission=RECORD, trail=False)
def _book(*, actor: Actor, account_id: UUID, rows: Sequence[IncomeRow], fills: Sequence[ContractFill]) -> None:
    """Book fills into positions, funding into rows, and every change of the wallet into the ledger; each once."""
    account = MarginAccount.objects.select_for_update().get(pk=account_id)
    connection = get_contracts(account_id).connection
    if fills:
        book = open_book(actor=actor, owner_id=account.owner_id, connection_id=connection.pk, purpose=Purpose.CONTRACT)
        for fill in fills:
            apply_fill(actor=actor, book_id=book.pk, fill=_facts(account.pk, fill))
        tell_executions(connection.pk, sorted({fill.symbol for fill in fills}))
    for row in rows:
        if row.kind == "FUNDING_FEE":
            _book_funding(account, row)
    _post(actor, account, rows)
    newest = max((row.at_ms for row in rows), default=account.income_at)
    MarginAccount.objects.filter(pk=account.pk).update(income_at=newest)


def _facts(account_id: UUID, fill: ContractFill) -> FillFacts:
    return FillFacts(
        fill_id=fill_id_of(account_id, fill.symbol, str(fill.id), fill.side, fill.at_ms),
        symbol=fill.symbol,
        base=fill.base,
        quote=fill.quote,
        side=Side(fill.side),
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        fee_asset=fill.fee_asset,
        at=from_ms(fill.at_ms),
        position_side=PositionSide(fill.position_side),
        is_contract=True,
    )


def _book_funding(account: MarginAccount, row: IncomeRow) -> None:
    """Keep a settlement, and add it to its position (in hedge mode the venue does not say which: the first one)."""
    _, is_new = FundingPayment.objects.get_or_create(
        account=account,
        symbol=row.symbol,
        at=from_ms(row.at_ms),
        reference=row.reference,
        defaults={"amount": row.amount},
    )
    if is_new:
        place = {"book__connection_id": account.connection_id, "book__purpose": Purpose.CONTRACT}
        found = Position.objects.filter(**place, symbol=row.symbol).order_by("position_side").first()
        if found is not None:
            Position.objects.filter(pk=found.pk).update(funding=F("funding") + row.amount)


def _post(actor: Actor, account: MarginAccount, rows: Sequence[IncomeRow]) -> None:
    """Post the wallet's changes that are not posted yet; a transfer moves the spot wallet's mirror the other way.

    One that went before the first balance of the spot wallet was seen is in that figure, and moves it no more.
    """
    connection = account.connection
    contracts = Mirror(connection_id=account.pk, holder_id=account.owner_id, mode=Mode(connection.mode))
    spot = Mirror(connection_id=connection.pk, holder_id=account.owner_id, mode=Mode(connection.mode))
    keyed = {f"contracts:{account.pk}:{row.kind.lower()}:{row.symbol}:{row.at_ms}:{row.reference}": row for row in rows}
    known = list_known_keys(list(keyed))
    fresh = {key: row for key, row in keyed.items() if key not in known}
    if not fresh:
        return
    changes = [BalanceChange(key=key, asset=account.asset, amount=row.amount) for key, row in fresh.items()]
    transfers = {key: row for key, row in fresh.items() if row.kind == "TRANSFER"}
    since = first_seen_at(connection.pk) if transfers else None
    moved = [
        BalanceChange(key=f"{key}:spot", asset=account.asset, amount=-row.amount)
        for key, row in transfers.items()
        if since is None or from_ms(row.at_ms) > since
    ]
    journals: list[NewJournal] = [*balance_journals(contracts, changes), *balance_journals(spot, moved)]
    post_many(actor=actor, journals=journals)


# ---- margin


@operation("positions.store_contracts", permission=RECORD, trail=False)
def _store(*, actor: Actor, account_id: UUID, shown: ShownAccount, read_at: datetime) -> MarginAccount:
    """Keep what the venue showed, call margin once, and commit reductions and hedges that are due."""
    account = MarginAccount.objects.select_for_update().get(pk=account_id)
    if account.read_at is not None and account.read_at > read_at:
        return account
    was, was_wallet = account.state, account.wallet
    pools = pools_of(shown)
    for name in ("asset", "is_hedged", "wallet", "cross_wallet", "balance", "unrealised", "initial", "maintenance"):
        setattr(account, name, getattr(shown, name))
    account.available = shown.available
    worst = max((pool.ratio for pool, _ in pools), default=Decimal(0))
    account.ratio = worst.quantize(RATIO_STEP)
    account.state = AccountState(state_of(worst).value)
    account.read_at, account.error = read_at, _difference(account, was_wallet)
    _keep_positions(account, shown, pools, read_at)
    keep_terms(account, shown.terms)
    decide(actor=actor, account=account, shown=shown, pools=pools)
    account.save()
    if account.state == AccountState.CALLED and was != AccountState.CALLED:
        outbox.publish(
            MarginCalled(
                account_id=account.pk, owner_id=account.owner_id, ratio=account.ratio, balance=account.balance,
                maintenance=account.maintenance, asset=account.asset,
            ),
            actor=actor,
        )  # fmt: skip
    announce_account(account)
    return account


def _difference(account: MarginAccount, was_wallet: Decimal) -> str:
    """Say in words when a wallet that stood still is not what our book has of it; nothing is repaired silently."""
    mirror = list_mirrors(account.pk, account.owner_id).get(account.asset)
    ours = mirror.natural if mirror is not None else Decimal(0)
    if ours == account.wallet or was_wallet != account.wallet:
        return ""
    return f"The wallet holds {account.wallet.normalize():f} {account.asset}, our book {ours.normalize():f}."


Pools = list[tuple[Pool, list[ShownContract]]]


def pools_of(shown: ShownAccount) -> Pools:
    """Return the pools of an account: the cross one, then each isolated position with its own wallet."""
    cross = [row for row in shown.positions if not row.is_isolated]
    found: Pools = []
    if cross:
        found.append((Pool(shown.cross_wallet, tuple(_leg(row) for row in cross)), cross))
    for row in shown.positions:
        if row.is_isolated:
            found.append((Pool(row.isolated_wallet, (_leg(row),)), [row]))
    return found


def _leg(row: ShownContract) -> tuple[Leg, Decimal]:
    """A position with the maintenance rate that holds for it now: a smaller one's is the same or less."""
    size = abs(row.quantity) * row.mark
    rate = row.maintenance / size if size else Decimal(0)
    return Leg(row.quantity, row.entry, (Bracket(Decimal(0), None, row.leverage, rate, Decimal(0)),)), row.mark


def _keep_positions(account: MarginAccount, shown: ShownAccount, pools: Pools, read_at: datetime) -> None:
    ratios = {(row.symbol, row.position_side): pool.ratio for pool, rows in pools for row in rows}
    kept = []
    for row in shown.positions:
        facts = {
            name: getattr(row, name)
            for name in (
                "quantity", "entry", "mark", "liquidation", "leverage", "is_isolated", "isolated_wallet", "unrealised",
                "initial", "maintenance",
            )
        }  # fmt: skip
        ratio = min(EMPTY_RATIO, ratios[row.symbol, row.position_side]).quantize(RATIO_STEP)
        found, _ = ContractPosition.objects.update_or_create(
            account=account,
            symbol=row.symbol,
            position_side=row.position_side,
            defaults={**facts, "ratio": ratio, "read_at": read_at},
        )
        kept.append(found.pk)
    ContractPosition.objects.filter(account=account).exclude(pk__in=kept).delete()
