"""What the pages of earning and staking are given: products with their rates, positions with what they earned."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.view import Fact, Figure, Stat, State, Step
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.queries import get_available
from apps.finance.wallets import queries_earning
from apps.finance.wallets.calendar_days import DAY, midnight, today
from apps.finance.wallets.choices_earning import DayCount, Family, StakeState, YieldState
from apps.finance.wallets.pages.forms import AmountForm
from apps.finance.wallets.pages.wording import day, exact, left_until, level, moment, rate, rate_of_year, raw, with_code
from apps.finance.wallets.queries_earning import AccrualView, PositionView, ProductView, TierView

SHOWN_DAYS = 60


@dataclass(frozen=True, slots=True)
class Words:
    """What differs between earning and staking on pages."""

    family: Family
    tab: str
    title: str
    list_url_name: str
    product_url_name: str
    position_url_name: str
    noun: str
    put_in: str
    take_out: str


YIELD = Words(
    Family.YIELD, "earn", "Earn", "wallet-earn", "wallet-earn-product", "wallet-earn-position", "interest", "Put in",
    "Redeem",
)  # fmt: skip
STAKING = Words(
    Family.STAKING, "stake", "Stake", "wallet-stake", "wallet-stake-product", "wallet-stake-position", "rewards",
    "Stake", "Unbond",
)  # fmt: skip
STATES = {
    YieldState.ACTIVE.value: State("good", "Earning"),
    YieldState.REDEEMING.value: State("wait", "Asked back"),
    YieldState.CLOSED.value: State("off", "Paid back"),
    StakeState.PENDING.value: State("wait", "Waits to be bonded"),
    StakeState.BONDED.value: State("good", "Bonded"),
    StakeState.UNBONDING.value: State("wait", "Unbonding"),
    StakeState.RELEASED.value: State("off", "Released"),
}


@dataclass(frozen=True, slots=True)
class TierRow:
    """From an amount on, this rate."""

    start: str
    rate: str
    per_year: str


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product in the list; `rate` is the best of its rates, the tiers have them all."""

    name: str
    url: str
    asset: str
    rate: str
    rate_note: str
    tiers: Sequence[TierRow]
    coming: str
    facts: Sequence[Fact]
    is_full: bool


@dataclass(frozen=True, slots=True)
class PositionRow:
    """A position in the list."""

    id: str
    url: str
    product: str
    asset: str
    inside: Figure
    earned: Figure
    rate: str
    state: State
    note: str


@dataclass(frozen=True, slots=True)
class EarningPage:
    """Products and positions of one family."""

    title: str
    lead: str
    noun: str
    products: Sequence[ProductCard]
    positions: Sequence[PositionRow]
    closed: Sequence[PositionRow]


@dataclass(frozen=True, slots=True)
class ProductPage:
    """Putting money into a product."""

    card: ProductCard
    parent_url: str
    parent_label: str
    mode: str
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    available: str
    available_raw: str
    steps: Sequence[Step]
    verb: str
    is_offered: bool
    deposit_url: str


@dataclass(frozen=True, slots=True)
class AccrualRow:
    """What a day came to."""

    day: str
    on: str
    rate: str
    amount: str


@dataclass(frozen=True, slots=True)
class PositionPage:
    """One position."""

    row: PositionRow
    mode: str
    parent_url: str
    parent_label: str
    noun: str
    stats: Sequence[Stat]
    steps: Sequence[Step]
    facts: Sequence[Fact]
    accruals: Sequence[AccrualRow]
    take_out: str
    take_out_text: str
    take_out_facts: Sequence[Fact]
    take_out_url: str
    idempotency_key: str
    can_take_out: bool


LEADS = {
    Family.YIELD: "Interest for every full day, booked each night. The money stays yours.",
    Family.STAKING: "Rewards for every full day while your money is bonded. The way in and the way out take time.",
}


def earning_page(owner_id: UUID, mode: Mode, words: Words) -> EarningPage:
    """Return products and positions of a family."""
    products, positions = _listed(owner_id, mode, words)
    rows = [(row, _position(row, words)) for row in positions]
    return EarningPage(
        title=words.title,
        lead=LEADS[words.family],
        noun=words.noun,
        products=[card_of(product, words) for product in products],
        positions=[shown for row, shown in rows if row.closed_at is None],
        closed=[shown for row, shown in rows if row.closed_at is not None],
    )


def product_page(
    owner_id: UUID, product_id: UUID, mode: Mode, words: Words, *, form: Any = None, key: str = ""
) -> ProductPage:
    """Return the page of a product, with what a refused form held. Raises ProductMissing."""
    product = get_product(product_id, mode, words)
    available = get_available(owner_id, product.asset, mode=mode)
    form = form or AmountForm(asset=product.asset)
    return ProductPage(
        card=card_of(product, words),
        parent_url=reverse(words.list_url_name),
        parent_label=words.title,
        mode=mode.value,
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key or uuid7().hex,
        available=with_code(available, product.asset),
        available_raw=raw(min(available, product.left) if product.left is not None else available),
        steps=_steps_before(product, words),
        verb=words.put_in,
        is_offered=product.state == "offered",
        deposit_url=reverse("wallet-deposit"),
    )


def position_page(owner_id: UUID, position_id: UUID, words: Words) -> PositionPage:
    """Return the page of a position. Raises PositionMissing."""
    if words.family is Family.YIELD:
        position = queries_earning.get_yield_position(position_id, owner_id=owner_id)
        accruals = queries_earning.list_accruals(position_id, owner_id=owner_id, limit=SHOWN_DAYS)
    else:
        position = queries_earning.get_stake(position_id, owner_id=owner_id)
        accruals = queries_earning.list_rewards(position_id, owner_id=owner_id, limit=SHOWN_DAYS)
    shown = _position(position, words)
    return PositionPage(
        row=shown,
        mode=position.mode,
        parent_url=reverse(words.list_url_name),
        parent_label=words.title,
        noun=words.noun,
        stats=_stats(position, words),
        steps=_steps_of(position, words),
        facts=_facts(position, words),
        accruals=[_accrual(row, position.asset) for row in accruals],
        take_out=words.take_out,
        take_out_text=_take_out_text(position, words),
        take_out_facts=[
            Fact("Position", position.product),
            Fact("In it", with_code(position.principal, position.asset)),
        ],
        take_out_url=f"{reverse(words.position_url_name, args=[position.id])}take-out/",
        idempotency_key=uuid7().hex,
        can_take_out=position.state in (YieldState.ACTIVE, StakeState.BONDED),
    )


def get_product(product_id: UUID, mode: Mode, words: Words) -> ProductView:
    """Return a product of a family. Raises ProductMissing."""
    if words.family is Family.YIELD:
        return queries_earning.get_yield_product(product_id, mode=mode)
    return queries_earning.get_staking_product(product_id, mode=mode)


def card_of(product: ProductView, words: Words) -> ProductCard:
    """Return a product as lists show it."""
    best = max((tier.rate for tier in product.rates), default=None)
    is_yield = words.family is Family.YIELD
    coming = ""
    if product.coming_from is not None:
        coming = (
            f"From {day(product.coming_from)}: {', '.join(_tier_words(tier, product.asset) for tier in product.coming)}"
        )
    return ProductCard(
        name=product.name,
        url=reverse(words.product_url_name, args=[product.id]),
        asset=product.asset,
        rate="–" if best is None else rate(best) if is_yield else rate_of_year(best),
        rate_note="a year" if is_yield else "a year at today's rate a day",
        tiers=[
            TierRow(
                f"{exact(tier.from_amount, product.asset)}",
                rate(tier.rate),
                "" if is_yield else rate_of_year(tier.rate),
            )
            for tier in product.rates
        ],
        coming=coming,
        facts=_terms(product, words),
        is_full=product.left is not None and product.left < product.minimum,
    )


def _tier_words(tier: TierView, asset: str) -> str:
    return f"{rate(tier.rate)} from {with_code(tier.from_amount, asset)}" if tier.from_amount else rate(tier.rate)


def _terms(product: ProductView, words: Words) -> list[Fact]:
    facts = [Fact("At least", with_code(product.minimum, product.asset))]
    if product.left is not None:
        facts.append(Fact("Room left", with_code(product.left, product.asset)))
    if words.family is Family.YIELD:
        lock = f"{product.lock_days} days" if product.lock_days else "none, any time"
        facts += [Fact("Lock", lock), Fact("Counted by", DayCount(product.day_count).label)]
    else:
        facts += [
            Fact("Way in", _days(product.bonding_days, "bonded at the next midnight")),
            Fact("Way out", _days(product.unbonding_days, "at once")),
        ]
    paid = "to the position, so that it earns too" if product.compounds else "to your wallet"
    facts.append(Fact(f"{words.noun.capitalize()} {'go' if words.family is Family.STAKING else 'goes'}", paid))
    return facts


def _days(count: int, otherwise: str) -> str:
    return otherwise if not count else f"{count} day{'' if count == 1 else 's'}"


def _listed(owner_id: UUID, mode: Mode, words: Words) -> tuple[list[ProductView], list[PositionView]]:
    if words.family is Family.YIELD:
        return (
            queries_earning.list_yield_products(mode=mode),
            queries_earning.list_yield_positions(owner_id, mode=mode),
        )
    return queries_earning.list_staking_products(mode=mode), queries_earning.list_stakes(owner_id, mode=mode)


def _position(row: PositionView, words: Words) -> PositionRow:
    inside = row.paid_out if row.paid_out is not None else row.principal
    return PositionRow(
        id=str(row.id),
        url=reverse(words.position_url_name, args=[row.id]),
        product=row.product,
        asset=row.asset,
        inside=level(inside, row.asset),
        earned=level(row.earned, row.asset),
        rate=_rate_words(row, words),
        state=STATES[row.state],
        note=_note(row),
    )


def _rate_words(row: PositionView, words: Words) -> str:
    return f"{rate(row.rate)} a year" if words.family is Family.YIELD else f"{rate(row.rate)} a day"


def _note(row: PositionView) -> str:
    if row.closed_at is not None:
        return f"on {day(row.closed_at.date())}"
    if row.state == StakeState.PENDING and row.bonds_at is not None:
        return f"on {moment(row.bonds_at)}"
    if row.state == StakeState.UNBONDING and row.releases_at is not None:
        return f"released {moment(row.releases_at)}"
    if row.unlocks_at is not None and left_until(row.unlocks_at):
        return f"locked until {day(row.unlocks_at.date())}"
    return ""


def _stats(row: PositionView, words: Words) -> list[Stat]:
    is_over = row.closed_at is not None
    return [
        Stat(
            f"{'Paid back' if is_over else 'In it now'}, {row.asset}",
            level(row.paid_out if row.paid_out is not None else row.principal, row.asset),
        ),
        Stat(f"Put in, {row.asset}", level(row.amount, row.asset)),
        Stat(
            f"Earned, {row.asset}",
            level(row.earned, row.asset),
            note="added to the position" if row.compounds else "paid to your wallet",
        ),
        Stat("Rate today", Figure(_rate_words(row, words))),
    ]


def _facts(row: PositionView, words: Words) -> list[Fact]:
    facts = [Fact("Product", row.product), Fact("Opened", moment(row.opened_at))]
    if row.closed_at is None:
        facts.append(Fact(f"{words.noun.capitalize()} booked up to", day(row.accrued_through)))
    if row.unlocks_at is not None:
        facts.append(Fact("Lock ends", moment(row.unlocks_at)))
    return facts


def _accrual(row: AccrualView, asset: str) -> AccrualRow:
    return AccrualRow(day(row.day), exact(row.principal, asset), rate(row.rate), exact(row.amount, asset))


def _steps_before(product: ProductView, words: Words) -> list[Step]:
    """Return what will happen to money put in now."""
    first = today() + (product.bonding_days + 1) * DAY
    if words.family is Family.STAKING:
        out = f"{product.unbonding_days} days after you ask for it" if product.unbonding_days else "as soon as you ask"
        return [
            Step("now", "Put in", "now", "It leaves your wallet and waits to be bonded."),
            Step("later", "Bonded", moment(midnight(first)), f"The first day that earns is {day(first)}."),
            Step("later", "Released", "", f"Back in your wallet {out}; rewards end with the day before you ask."),
        ]
    steps = [
        Step("now", "Put in", "now", "It leaves your wallet."),
        Step("later", "First interest", day(first + DAY), f"For {day(first)}, the first full day."),
    ]
    if product.lock_days:
        ends = midnight(today() + (product.lock_days + 1) * DAY)
        text = "Before that it cannot be paid out. You can ask for it earlier; it is paid when the lock ends."
        return [*steps, Step("later", "Lock ends", moment(ends), text)]
    return [*steps, Step("later", "Paid back", "", "At once when you ask. The day you ask earns nothing.")]


def _steps_of(row: PositionView, words: Words) -> list[Step]:
    steps = [Step("done", "Put in", moment(row.opened_at))]
    if words.family is Family.STAKING:
        return [*steps, *_stake_steps(row)]
    earning = f"{exact(row.earned, row.asset)} {row.asset} so far, booked up to {day(row.accrued_through)}."
    if row.closed_at is not None:
        return [
            *steps,
            Step("done", "Earned", "", f"{exact(row.earned, row.asset)} {row.asset}."),
            _over(row, "Paid back"),
        ]
    steps.append(Step("now", "Earning", "", earning))
    if row.state == YieldState.REDEEMING:
        return [*steps, Step("later", "Paid back", moment(row.unlocks_at), "Asked back. It earns until the lock ends.")]
    if row.unlocks_at is not None and left_until(row.unlocks_at):
        steps.append(Step("later", "Lock ends", moment(row.unlocks_at), left_until(row.unlocks_at)))
    return [*steps, Step("later", "Paid back", "", "When you redeem it.")]


def _stake_steps(row: PositionView) -> list[Step]:
    earned = f"{exact(row.earned, row.asset)} {row.asset} so far."
    bonded = moment(row.bonds_at)
    if row.state == StakeState.PENDING:
        wait = left_until(row.bonds_at) if row.bonds_at else ""
        return [Step("now", "Bonded", bonded, wait), Step("later", "Released", "", "When you unbond it.")]
    if row.state == StakeState.BONDED:
        return [
            Step("done", "Bonded", bonded),
            Step("now", "Rewards", "", earned),
            Step("later", "Released", "", "When you unbond it."),
        ]
    if row.state == StakeState.UNBONDING:
        wait = left_until(row.releases_at) if row.releases_at else ""
        return [
            Step("done", "Bonded", bonded),
            Step("done", "Rewards", "", earned),
            Step("now", "Unbonding", "", "No more rewards while it waits."),
            Step("later", "Released", moment(row.releases_at), wait),
        ]
    return [Step("done", "Bonded", bonded), Step("done", "Rewards", "", earned), _over(row, "Released")]


def _over(row: PositionView, name: str) -> Step:
    paid = with_code(row.paid_out, row.asset) if row.paid_out is not None else ""
    return Step("done", name, moment(row.closed_at), f"{paid} went back to your wallet.")


def _take_out_text(row: PositionView, words: Words) -> str:
    if words.family is Family.STAKING:
        return "Rewards end with yesterday, and the waiting time begins now. After it all goes back to your wallet."
    if row.unlocks_at is not None and left_until(row.unlocks_at):
        return f"It is locked until {moment(row.unlocks_at)}. It earns until then and is paid to your wallet by itself."
    return "All of it goes back to your wallet now. Today earns nothing."
