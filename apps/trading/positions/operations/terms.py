"""Leverage and margin mode of a contract: wanted by a person, sent by a worker until the venue said yes or no."""

from collections.abc import Mapping
from uuid import UUID

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.trading.instruments.choices import AssetClass
from apps.trading.instruments.queries import list_instruments
from apps.trading.positions.errors import ContractUnknown, LeverageUnclear
from apps.trading.positions.gateways.port import ContractPort, Executed, Refused, ShownTerms
from apps.trading.positions.models import ContractTerms, MarginAccount
from apps.trading.positions.operations.booking import RECORD
from apps.trading.positions.operations.contracts import CONTRACTS, nudge
from apps.trading.positions.queries import get_own_contracts
from kernel.instruments import market_of

SYSTEM = Actor.system("positions")


@operation("positions.choose_terms", permission=CONTRACTS, audited=("account_id", "symbol", "leverage", "is_isolated"))
def choose_terms(
    *, actor: Actor, owner_id: UUID, account_id: UUID, symbol: str, leverage: int, is_isolated: bool
) -> ContractTerms:
    """Want a leverage and a margin mode for a contract ("BTCUSDTPERP"); a trading worker asks the exchange for them.

    Until it answered, no order of that contract is taken. Raises ContractsMissing, ContractUnknown, LeverageUnclear.
    """
    account = get_own_contracts(account_id, owner_id)
    row = ContractTerms.objects.select_for_update().filter(account=account, symbol=market_of(symbol)).first()
    if row is None or market_of(symbol) == symbol:
        raise ContractUnknown(field="symbol", symbol=symbol)
    most = max((int(tier[1]) for tier in row.tiers), default=row.leverage)
    if not 1 <= leverage <= most:
        raise LeverageUnclear(field="leverage", symbol=symbol, most=most)
    row.wanted_leverage, row.wanted_isolated, row.words = leverage, is_isolated, ""
    row.save(update_fields=["wanted_leverage", "wanted_isolated", "words"])
    nudge(account.pk)
    return row


def send_terms(*, account_id: UUID, port: ContractPort) -> int:
    """Ask the exchange for what is wanted; return how many came to an end. Asking twice is the same as once."""
    ended = 0
    for row in ContractTerms.objects.filter(account_id=account_id, wanted_leverage__isnull=False).order_by("symbol"):
        assert row.wanted_leverage is not None  # the query says so
        assert row.wanted_isolated is not None  # the database checks it
        outcome = port.set_mode(row.symbol, row.wanted_isolated)
        if isinstance(outcome, Executed):
            outcome = port.set_leverage(row.symbol, row.wanted_leverage)
        if isinstance(outcome, Executed | Refused):
            words = outcome.words if isinstance(outcome, Refused) else ""
            ended += _answered(actor=SYSTEM, terms=row, words=words)
    return ended


@operation("positions.answer_terms", permission=RECORD, trail=False)
def _answered(*, actor: Actor, terms: ContractTerms, words: str) -> int:
    """Keep the answer to what was asked, unless something else is wanted meanwhile; the next reading shows the rest."""
    asked = {"wanted_leverage": terms.wanted_leverage, "wanted_isolated": terms.wanted_isolated}
    done = {} if words else {"leverage": terms.wanted_leverage, "is_isolated": terms.wanted_isolated}
    found = ContractTerms.objects.filter(pk=terms.pk, **asked)
    return found.update(**done, wanted_leverage=None, wanted_isolated=None, words=words[:200])


def keep_terms(account: MarginAccount, shown: Mapping[str, ShownTerms]) -> None:
    """Store what the exchange shows of the contracts that are listed here; call it with the account's row locked."""
    known = {row.symbol: row for row in ContractTerms.objects.filter(account=account)}
    listed = list_instruments(asset_class=AssetClass.PERPETUAL).values_list("symbol", flat=True)
    for symbol in sorted({market_of(name) for name in listed} & shown.keys()):
        facts = {
            "leverage": shown[symbol].leverage,
            "is_isolated": shown[symbol].is_isolated,
            "tiers": [list(tier) for tier in shown[symbol].tiers],
        }
        row = known.get(symbol)
        if row is None:
            ContractTerms.objects.create(account=account, symbol=symbol, **facts)
        elif any(getattr(row, name) != value for name, value in facts.items()):
            ContractTerms.objects.filter(pk=row.pk).update(**facts)
