"""What the pages of the address book and the lock are given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.core.ids import uuid7
from apps.core.view import Fact, State
from apps.finance.wallets import queries
from apps.finance.wallets.choices import EntryState, RuleName
from apps.finance.wallets.pages.forms_moving import AddressForm, LockForm, ProofForm
from apps.finance.wallets.pages.wording import day, left_until, moment
from apps.finance.wallets.queries import AddressView
from apps.finance.wallets.terms import get_rule
from apps.finance.wallets.waits import Lock
from kernel.addresses import groups_of_four


@dataclass(frozen=True, slots=True)
class AddressCard:
    """An address of the book; one that waits for its code carries the form for it."""

    id: str
    label: str
    asset: str
    network: str
    groups: Sequence[str]
    state: State
    note: str
    needs_code: bool
    form: Any
    errors: Sequence[str]
    prove_url: str
    again_url: str
    remove_url: str
    withdraw_url: str
    is_usable: bool
    prove_key: str
    again_key: str
    remove_key: str
    remove_facts: Sequence[Fact]


@dataclass(frozen=True, slots=True)
class AddressesPage:
    """The book."""

    note: str
    cards: Sequence[AddressCard]
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    add_url: str
    hours: int
    lock_words: str
    lock_url: str
    is_locked: bool


@dataclass(frozen=True, slots=True)
class LockPage:
    """The owner's lock."""

    parent_url: str
    state: State
    text: str
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    is_locked: bool
    is_proved: bool


def addresses_page(
    owner_id: UUID, *, form: Any = None, proof: Any = None, proof_id: UUID | None = None, key: str = ""
) -> AddressesPage:
    """Return the book, with what a refused form held: that of a new address, or the code of one."""
    lock = queries.get_lock(owner_id)
    rows = queries.list_addresses(owner_id)
    cards = [_card(row, proof if row.id == proof_id else None, key) for row in rows]
    form = form or AddressForm()
    return AddressesPage(
        note=f"{len(cards)} of your own" if cards else "",
        cards=cards,
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key if key and proof_id is None else uuid7().hex,
        add_url=reverse("wallet-addresses"),
        hours=get_rule(RuleName.NEW_ADDRESS_HOURS),
        lock_words=_lock_words(lock),
        lock_url=reverse("wallet-lock"),
        is_locked=lock.days > 0,
    )


def lock_page(owner_id: UUID, *, form: Any = None, key: str = "", asked: str = "") -> LockPage:
    """Return the lock as it stands; `asked`: the days that a code was just given for."""
    lock = queries.get_lock(owner_id)
    form = form or LockForm(initial={"days": asked[:2] if asked.isdigit() else lock.days or 3})
    return LockPage(
        parent_url=reverse("wallet-addresses"),
        state=State("warn", "Locked") if lock.days else State("good", "Open"),
        text=_lock_words(lock),
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key or uuid7().hex,
        is_locked=lock.days > 0,
        is_proved=asked.isdigit() and lock.days > 0,
    )


def _lock_words(lock: Lock) -> str:
    if not lock.days:
        return "No lock. Withdrawals and new addresses are possible at any time."
    days = f"{lock.days} day{'' if lock.days == 1 else 's'}"
    if lock.next_from is None:
        return f"Nothing leaves and no address is added. It opens {days} after you lift it."
    if not lock.next_days:
        return f"It is being lifted and opens on {moment(lock.next_from)} ({left_until(lock.next_from)})."
    return f"Locked for {days}; from {moment(lock.next_from)} on for {lock.next_days}."


def _card(row: AddressView, proof: Any, key: str) -> AddressCard:
    needs_code = row.state == EntryState.PENDING_PROOF
    form = proof or ProofForm(auto_id=f"proof_{row.id.hex[-8:]}_%s")
    return AddressCard(
        id=row.id.hex[-8:],
        label=row.label,
        asset=row.asset,
        network=row.network_title,
        groups=groups_of_four(row.address),
        state=_state(row),
        note=_note(row),
        needs_code=needs_code,
        form=form,
        errors=[str(error) for error in form.non_field_errors()],
        prove_url=reverse("wallet-address-prove", args=[row.id]),
        again_url=reverse("wallet-address-again", args=[row.id]),
        remove_url=reverse("wallet-address-remove", args=[row.id]),
        withdraw_url=f"{reverse('wallet-withdraw')}?entry={row.id}",
        is_usable=row.is_usable,
        prove_key=key if proof is not None and key else uuid7().hex,
        again_key=uuid7().hex,
        remove_key=uuid7().hex,
        remove_facts=[Fact("Name", row.label), Fact("Address", f"{row.address[:6]}…{row.address[-6:]}")],
    )


def _state(row: AddressView) -> State:
    if row.state == EntryState.PENDING_PROOF:
        return State("warn", "Waits for the code")
    return State("good", "Ready") if row.is_usable else State("wait", "Waits")


def _note(row: AddressView) -> str:
    if row.state == EntryState.PENDING_PROOF:
        return "We mailed you a code. It lives for 30 minutes and has five tries."
    if row.active_after is not None and not row.is_usable:
        return f"Money leaves to it from {moment(row.active_after)} on, {left_until(row.active_after)}."
    return f"Proved on {day(row.verified_at.date())}." if row.verified_at is not None else ""
