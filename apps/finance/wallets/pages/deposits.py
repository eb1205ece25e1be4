"""What the pages of deposits are given: where to pay, how far payments are."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import qrcode  # type: ignore[import-untyped]  # comes with allauth[mfa]
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from qrcode.image.svg import SvgPathImage  # type: ignore[import-untyped]

from apps.core.assets import list_assets
from apps.core.ids import uuid7
from apps.core.view import Choice, Fact, Figure, State, Step
from apps.finance.ledger.choices import Mode
from apps.finance.wallets import queries, topics
from apps.finance.wallets.choices import DepositKind, DepositState
from apps.finance.wallets.pages.forms_moving import PayInForm
from apps.finance.wallets.pages.wording import exact, moment, short_moment, with_code
from kernel.addresses import NETWORKS, Network, groups_of_four, networks_of

SHOWN_DEPOSITS = 12
FIRST_ASSET = "USDT"
STATES = {
    DepositState.ANNOUNCED.value: State("wait", "On its way"),
    DepositState.CONFIRMING.value: State("wait", "Being confirmed"),
    DepositState.CREDITED.value: State("good", "In your wallet"),
    DepositState.REJECTED.value: State("off", "Not credited"),
}


@dataclass(frozen=True, slots=True)
class CopyLine:
    """A text to copy; `id` is what the button copies from."""

    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class PlaceCard:
    """An address to pay to; not ready while the provider is making it."""

    id: str
    address: str
    groups: Sequence[str]
    qr_svg: SafeString
    is_ready: bool
    confirmations: str
    is_simulated: bool


@dataclass(frozen=True, slots=True)
class DepositRow:
    """A deposit in the list."""

    url: str
    time: str
    reference: str
    amount: Figure
    asset: str
    state: State
    progress: str


@dataclass(frozen=True, slots=True)
class DepositPage:
    """Paying in."""

    mode: str
    asset: str
    assets: Sequence[Choice]
    networks: Sequence[Choice]
    network: str
    network_title: str
    is_bank: bool
    place: PlaceCard | None
    has_bank_account: bool
    form: Any
    errors: Sequence[str]
    idempotency_key: str
    simulate_key: str
    deposits: Sequence[DepositRow]
    parent_url: str
    paper_url: str
    here: str


@dataclass(frozen=True, slots=True)
class DepositDetail:
    """One deposit."""

    title: str
    mode: str
    parent_url: str
    state: State
    text: str
    steps: Sequence[Step]
    facts: Sequence[Fact]
    bank: Sequence[CopyLine]
    here: str
    per_mille: int
    progress: str
    can_take_back: bool
    idempotency_key: str


def choose_way(mode: Mode, asset: str, network: str) -> tuple[str, Network]:
    """Return the asset and network that a page is about; what is not known is the usual."""
    usable = _ways(mode)
    code = asset if asset in usable else FIRST_ASSET
    return code, next((one for one in usable[code] if one.value == network), usable[code][0])


def deposit_page(
    owner_id: UUID, mode: Mode, asset: str, network: Network, *, form: Any = None, key: str = ""
) -> DepositPage:
    """Return the page of paying an asset in over a network, with what a refused form held."""
    places = queries.list_deposit_addresses(owner_id, mode=mode)
    place = next((row for row in places if (row.asset, row.network) == (asset, network.value)), None)
    usable, base = _ways(mode), reverse("wallet-deposit")
    form = form or PayInForm(asset=asset)
    return DepositPage(
        mode=mode.value,
        asset=asset,
        assets=[
            Choice(f"{one.code}, {one.name}", one.code, one.code == asset)
            for one in list_assets()
            if one.code in usable
        ],
        networks=[
            Choice(NETWORKS[one].title, f"{base}?{urlencode({'asset': asset, 'network': one.value})}", one is network)
            for one in usable[asset]
        ],
        network=network.value,
        network_title=NETWORKS[network].title,
        is_bank=not NETWORKS[network].is_chain,
        place=_place(place) if place is not None else None,
        has_bank_account=queries.get_pay_in_account(asset) is not None,
        form=form,
        errors=list(form.non_field_errors()),
        idempotency_key=key or uuid7().hex,
        simulate_key=key or uuid7().hex,
        deposits=[row_of(row) for row in queries.list_deposits(owner_id, mode=mode, limit=SHOWN_DEPOSITS)],
        parent_url=reverse("wallet"),
        paper_url=reverse("wallet-paper"),
        here=f"{base}?{urlencode({'asset': asset, 'network': network.value, 'mode': mode.value})}",
    )


def deposit_detail(owner_id: UUID, deposit_id: UUID) -> DepositDetail:
    """Return the page of a deposit. Raises DepositMissing."""
    row = queries.get_deposit(deposit_id, owner_id=owner_id)
    is_bank = row.kind == DepositKind.MANUAL
    is_waiting = row.state == DepositState.ANNOUNCED
    facts = [
        Fact("Announced" if is_bank else "Seen", with_code(row.amount, row.asset)),
        Fact("Over", NETWORKS[Network(row.network)].title),
        Fact("Reference", row.reference),
        Fact("Since", moment(row.created_at)),
    ]
    if row.txid:
        facts.append(Fact("Transaction", row.txid))
    if row.credited is not None:
        facts.insert(1, Fact("Credited", with_code(row.credited, row.asset)))
    return DepositDetail(
        title=f"Deposit of {with_code(row.credited or row.amount, row.asset)}",
        mode=row.mode,
        parent_url=reverse("wallet-deposit"),
        state=STATES[row.state],
        text=_text(row),
        steps=_bank_steps(row) if is_bank else _chain_steps(row),
        facts=facts,
        bank=_bank_lines(row) if is_bank and is_waiting else [],
        here=reverse("wallet-deposit-detail", args=[row.id]),
        per_mille=min(1000, row.confirmations * 1000 // row.required) if row.required else 0,
        progress="" if is_bank else f"{min(row.confirmations, row.required)} of {row.required} confirmations",
        can_take_back=is_bank and is_waiting,
        idempotency_key=uuid7().hex,
    )


def row_of(row: queries.DepositView) -> DepositRow:
    """Return a deposit as lists show it."""
    is_counted = row.kind == DepositKind.CRYPTO and row.state in (DepositState.ANNOUNCED, DepositState.CONFIRMING)
    return DepositRow(
        url=reverse("wallet-deposit-detail", args=[row.id]),
        time=short_moment(row.created_at),
        reference=row.reference,
        amount=Figure(exact(row.credited or row.amount, row.asset)),
        asset=row.asset,
        state=STATES[row.state],
        progress=f"{row.confirmations} of {row.required}" if is_counted else "",
    )


def qr_of(text: str) -> SafeString:
    """Return the QR code of a text as an SVG picture."""
    target = BytesIO()
    qrcode.make(text, image_factory=SvgPathImage, border=1).save(target)
    svg = target.getvalue().decode()
    picture: SafeString = mark_safe(svg[svg.index("<svg") :])  # noqa: S308 - made by the library from an address
    return picture


def _ways(mode: Mode) -> dict[str, list[Network]]:
    found = {
        asset.code: [one for one in networks_of(asset.code) if NETWORKS[one].is_chain or mode is Mode.LIVE]
        for asset in list_assets()
    }
    return {code: networks for code, networks in found.items() if networks}


def _place(row: queries.PlaceView) -> PlaceCard:
    return PlaceCard(
        id=str(row.id),
        address=row.address,
        groups=groups_of_four(row.address) if row.address else [],
        qr_svg=qr_of(row.address) if row.address else SafeString(""),
        is_ready=bool(row.address),
        confirmations="1 confirmation" if row.confirmations == 1 else f"{row.confirmations} confirmations",
        is_simulated=row.is_simulated,
    )


def _bank_lines(row: queries.DepositView) -> list[CopyLine]:
    lines = [
        CopyLine("pay-reference", "Text of the transfer, exactly this", row.reference),
        CopyLine("pay-amount", f"Amount, {row.asset}", exact(row.amount, row.asset)),
    ]
    account = queries.get_pay_in_account(row.asset)
    if account is None:
        return lines
    return [
        CopyLine("pay-holder", "To", account.holder),
        CopyLine("pay-iban", "IBAN", " ".join(groups_of_four(account.iban))),
        CopyLine("pay-bank", "Bank", account.bank),
        *lines,
    ]


def _text(row: queries.DepositView) -> str:
    if row.state == DepositState.CREDITED:
        return "It is in your wallet."
    if row.state == DepositState.REJECTED:
        reason = topics.words_of(row.reject_code)
        return f"Nothing was credited: {reason}."
    if row.kind == DepositKind.MANUAL:
        return "Send it with the text below. People of the house confirm it when it has arrived; that can take a day."
    return "It is credited by itself when it has its confirmations."


def _bank_steps(row: queries.DepositView) -> list[Step]:
    steps = [Step("done", "Announced", moment(row.created_at))]
    if row.state == DepositState.REJECTED:
        return [*steps, Step("done", "Closed", moment(row.ended_at), _text(row))]
    if row.state == DepositState.CREDITED:
        return [*steps, Step("done", "Arrived and confirmed"), Step("done", "In your wallet", moment(row.ended_at))]
    return [
        *steps,
        Step("now", "On its way", "", "Waits for the banks."),
        Step("later", "In your wallet"),
    ]


def _chain_steps(row: queries.DepositView) -> list[Step]:
    steps = [Step("done", "Seen on the network", moment(row.created_at))]
    if row.state == DepositState.REJECTED:
        return [*steps, Step("done", "Closed", moment(row.ended_at), _text(row))]
    if row.state == DepositState.CREDITED:
        done = f"{row.required} confirmations"
        return [*steps, Step("done", "Confirmed", "", done), Step("done", "In your wallet", moment(row.ended_at))]
    waiting = f"{row.confirmations} of {row.required}"
    return [*steps, Step("now", "Confirmations", waiting), Step("later", "In your wallet")]
