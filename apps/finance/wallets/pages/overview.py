"""What the wallet holds: by asset and by place, what it is worth and by which prices, its curve, what moved lately."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.urls import reverse

from apps.core.assets import get_asset
from apps.core.templatetags.ui import age, amount, signed_percent
from apps.core.view import Attention, Choice, Curve, Figure, Stat
from apps.finance.ledger.choices import AccountKind, AccountState, HoldPurpose, Mode
from apps.finance.ledger.queries import Balance, get_balances, list_open_holds
from apps.finance.wallets import queries, queries_earning
from apps.finance.wallets.choices import ENDED, DepositState, WithdrawalState
from apps.finance.wallets.choices_earning import OPEN_GOALS, StakeState, YieldState
from apps.finance.wallets.pages.activity import ActivityRow, recent
from apps.finance.wallets.pages.wording import moment, shown, shown_level, with_code
from apps.finance.wallets.valuation import PLACES, DayValue, Share, WalletValue, value_now, value_series
from kernel.money.exact import ZERO, add, multiply, total

SHOWN_MOVEMENTS, SHOWN_ON_ITS_WAY, LOOKED_AT = 8, 6, 20
RANGES = (("30D", 30), ("90D", 90), ("1Y", 365))
HUNDRED = Decimal(100)
NO_PRICE = "no price"
PLACE_WORDS = {
    AccountKind.CUSTOMER.value: "In the wallet",
    AccountKind.SAVINGS.value: "In savings goals",
    AccountKind.EARN.value: "Earning",
    AccountKind.STAKE.value: "Staked",
}


@dataclass(frozen=True, slots=True)
class HoldNote:
    """Why something is held, and how much."""

    reason: str
    amount: str


@dataclass(frozen=True, slots=True)
class AssetRow:
    """One asset over all its places. Money that waits in goals and positions is in `aside`, place by place."""

    code: str
    name: str
    account_id: str
    balance: Figure
    available: Figure
    held: Figure
    holds: Sequence[HoldNote]
    aside: Sequence[HoldNote]
    value: str
    url: str
    explain_url: str
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class PriceRow:
    """By which price an asset is counted, who says so, and how old it is."""

    asset: str
    price: str
    source: str
    as_of: str
    age: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the whole: its bar is `percent` wide."""

    label: str
    value: str
    share: str
    percent: str


@dataclass(frozen=True, slots=True)
class Aside:
    """A place money is put aside in: what is there now, or what it is for."""

    icon: str
    title: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Action:
    """A link that does something."""

    label: str
    url: str
    icon: str = ""
    is_primary: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """The next step of somebody whose wallet is empty."""

    title: str
    text: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    """All of it."""

    mode: str
    currency: str
    total: str
    at: str
    unpriced: str
    stats: Sequence[Stat]
    rows: Sequence[AssetRow]
    prices: Sequence[PriceRow]
    curve: Curve | None
    ranges: Sequence[Choice]
    by_asset: Sequence[Part]
    by_place: Sequence[Part]
    asides: Sequence[Aside]
    activity: Sequence[ActivityRow]
    needs: Sequence[Attention]
    actions: Sequence[Action]
    start: Start
    limits_url: str
    statements_url: str
    activity_url: str
    more: Sequence[Action]


def overview_page(owner_id: UUID, mode: Mode, days: int) -> OverviewPage:
    """Return the page; `days` is the length of the curve."""
    worth = value_now(owner_id, mode=mode)
    balances = [row for row in get_balances(owner_id, mode=mode) if row.kind in PLACES and row.natural]
    length = days if days in dict(RANGES).values() else RANGES[0][1]
    base = reverse("wallet")
    return OverviewPage(
        mode=mode.value,
        currency=worth.currency,
        total=NO_PRICE if worth.total is None else shown(worth.total, worth.currency),
        at=moment(worth.at),
        unpriced=", ".join(worth.unpriced),
        stats=_stats(worth),
        rows=_rows(worth, balances),
        prices=_prices(worth),
        curve=_curve(value_series(owner_id, worth.currency, length, mode), worth.currency) if balances else None,
        ranges=[Choice(label, f"{base}?days={count}", count == length) for label, count in RANGES],
        by_asset=_parts(worth.by_asset, worth.currency, {}),
        by_place=_parts(worth.by_place, worth.currency, PLACE_WORDS),
        asides=_asides(owner_id, mode),
        activity=recent(owner_id, mode, SHOWN_MOVEMENTS),
        needs=_on_its_way(owner_id, mode),
        actions=_actions(mode),
        start=_start(mode),
        limits_url=reverse("limits-own"),
        statements_url=f"{reverse('ledger-statements')}?mode={mode.value}",
        activity_url=reverse("wallet-activity"),
        more=[Action("Address book", reverse("wallet-addresses")), Action("Lock", reverse("wallet-lock"))],
    )


def _actions(mode: Mode) -> list[Action]:
    way_in = Action("Deposit", reverse("wallet-deposit"), "plus", is_primary=mode is Mode.LIVE)
    others = [Action("Send", reverse("wallet-send")), Action("Withdraw", reverse("wallet-withdraw")), way_in]
    if mode is Mode.LIVE:
        return others
    return [*others, Action("Set play money anew", reverse("wallet-paper"), "refresh", is_primary=True)]


def _start(mode: Mode) -> Start:
    if mode is Mode.LIVE:
        text = "Send a bank transfer or coins. What arrives stands here, with the price it is counted by."
        return Start("Your wallet is empty", text, reverse("wallet-deposit"), "Make the first deposit")
    text = "Play money is free, and nothing can be lost. Set it up, then try everything with it."
    return Start("No play money yet", text, reverse("wallet-paper"), "Get play money")


def _on_its_way(owner_id: UUID, mode: Mode) -> list[Attention]:
    """Return what moves at the moment, and what waits for the customer."""
    found = []
    for withdrawal in queries.list_withdrawals(owner_id, mode=mode, limit=LOOKED_AT):
        if withdrawal.state in ENDED:
            continue
        waits = withdrawal.state in (WithdrawalState.REQUESTED, WithdrawalState.FAILED)
        why = withdrawal.waits[-1].cause.label if withdrawal.waits else withdrawal.state_words
        title = f"Withdrawal of {with_code(withdrawal.amount, withdrawal.asset)}"
        url = reverse("wallet-withdrawal", args=[withdrawal.id])
        tone, icon = ("warn", "warn") if waits else ("plain", "hourglass")
        found.append(Attention(tone, icon, title, f"{withdrawal.state_words}. {why}.", url, "Open"))
    for deposit in queries.list_deposits(owner_id, mode=mode, limit=LOOKED_AT):
        if deposit.state in (DepositState.ANNOUNCED, DepositState.CONFIRMING):
            title = f"Deposit of {with_code(deposit.amount, deposit.asset)}"
            text = f"{deposit.confirmations} of {deposit.required} confirmations" if deposit.required else "On its way"
            url = reverse("wallet-deposit-detail", args=[deposit.id])
            found.append(Attention("plain", "hourglass", title, text, url, "Open"))
    return found[:SHOWN_ON_ITS_WAY]


def _stats(worth: WalletValue) -> list[Stat]:
    """Return how much of the total is free, held and put aside."""
    free: list[Decimal] = []
    held: list[Decimal] = []
    aside: list[Decimal] = []
    for row in worth.holdings:
        if row.valued.price is None:
            continue
        price = row.valued.price.value
        if row.kind == AccountKind.CUSTOMER:
            free.append(multiply(row.available, price))
            held.append(multiply(row.held, price))
        else:
            aside.append(row.valued.value or ZERO)
    return [
        Stat(label, Figure(shown(total(parts), worth.currency), "plain" if any(parts) else "zero"))
        for label, parts in (("Available", free), ("Held", held), ("Put aside", aside))
    ]


def _rows(worth: WalletValue, balances: Sequence[Balance]) -> list[AssetRow]:
    values = {part.name: part.value for part in worth.by_asset}
    codes = dict.fromkeys(row.asset for row in balances)
    ordered = sorted(codes, key=lambda code: (values.get(code) is None, -(values.get(code) or ZERO), code))
    return [
        _row(code, [row for row in balances if row.asset == code], values.get(code), worth.currency) for code in ordered
    ]


def _row(code: str, places: Sequence[Balance], value: Decimal | None, currency: str) -> AssetRow:
    wallet = next((row for row in places if row.kind == AccountKind.CUSTOMER), None)
    link = wallet or places[0]
    aside = [
        HoldNote(PLACE_WORDS[kind.value], shown(sum_, code))
        for kind in PLACES[1:]
        if (sum_ := _sum(row.natural for row in places if row.kind == kind))
    ]
    return AssetRow(
        code=code,
        name=get_asset(code).name,
        account_id=str(link.account_id),
        balance=shown_level(_sum(row.natural for row in places), code),
        available=shown_level(wallet.available if wallet else ZERO, code),
        held=shown_level(wallet.held if wallet else ZERO, code),
        holds=_holds(wallet, code) if wallet and wallet.held else [],
        aside=aside,
        value=NO_PRICE if value is None else shown(value, currency),
        url=reverse("ledger-account", args=[link.account_id]),
        explain_url=reverse("ledger-explain", args=[link.account_id]),
        is_frozen=any(row.state == AccountState.FROZEN for row in places),
    )


def _holds(wallet: Balance, code: str) -> list[HoldNote]:
    sums: dict[str, Decimal] = {}
    for row in list_open_holds(wallet.account_id):
        sums[row.purpose] = add(sums.get(row.purpose, ZERO), row.remaining)
    return [HoldNote(HoldPurpose(purpose).label, shown(sum_, code)) for purpose, sum_ in sums.items()]


def _prices(worth: WalletValue) -> list[PriceRow]:
    found = {row.valued.asset: row.valued.price for row in worth.holdings}
    return [
        PriceRow(asset, f"{price.value:,f}", price.source, moment(price.as_of), age(price.as_of))
        if price is not None
        else PriceRow(asset, NO_PRICE, "nobody we ask knows one", "", "")
        for asset, price in sorted(found.items())
    ]


def _curve(days: Sequence[DayValue], currency: str) -> Curve | None:
    known = [day for day in days if day.total is not None]
    if len(known) < 2 or not any(day.total for day in known):
        return None
    digits = get_asset(currency).display_digits
    data = {
        "times": [int(day.at.timestamp()) for day in days],
        "series": [
            {
                "label": "Wallet",
                "kind": "own",
                "values": [None if day.total is None else f"{day.total:.{digits}f}" for day in days],
            }
        ],
        "unit": currency,
        "places": digits,
        "unseen_from": None,
    }
    first, last = known[0].total or ZERO, known[-1].total or ZERO
    change = f", {signed_percent((last - first) * HUNDRED / first)}" if first else ""
    gaps = sorted({asset for day in days for asset in day.unpriced})
    without = f" Days without a price for {', '.join(gaps)} leave it out." if gaps else ""
    summary = (
        f"Worth at the end of each of {len(days)} days, from {amount(first, digits)} to"
        f" {amount(last, digits)} {currency}{change}. Deposits and withdrawals are part of it.{without}"
    )
    return Curve("wallet-value", data, summary)


def _parts(shares: Sequence[Share], currency: str, words: dict[str, str]) -> list[Part]:
    return [
        Part(
            words.get(part.name, part.name),
            NO_PRICE if part.value is None else f"{shown(part.value, currency)} {currency}",
            "" if part.share is None else f"{amount(part.share * HUNDRED, 1)} %",
            "0" if part.share is None else f"{part.share * HUNDRED:.2f}",
        )
        for part in shares
    ]


def _asides(owner_id: UUID, mode: Mode) -> list[Aside]:
    goals = sum(goal.state in OPEN_GOALS for goal in queries_earning.list_goals(owner_id, mode=mode))
    earning = queries_earning.list_yield_positions(owner_id, mode=mode)
    stakes = queries_earning.list_stakes(owner_id, mode=mode)
    yields = sum(row.state != YieldState.CLOSED for row in earning)
    staked = sum(row.state != StakeState.RELEASED for row in stakes)
    return [
        Aside(
            "scale",
            "Savings goals",
            _counted(goals, "open goal", "Put money aside for something, by hand or by schedule"),
            reverse("wallet-goals"),
        ),
        Aside(
            "refresh",
            "Earn",
            _counted(yields, "position", "Interest every day, on what you do not need at the moment"),
            reverse("wallet-earn"),
        ),
        Aside("lock", "Stake", _counted(staked, "position", "Rewards for securing a network"), reverse("wallet-stake")),
    ]


def _counted(count: int, word: str, otherwise: str) -> str:
    return otherwise if not count else f"{count} {word}" if count == 1 else f"{count} {word}s"


def _sum(values: Iterable[Decimal]) -> Decimal:
    return total(list(values))
