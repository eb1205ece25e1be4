"""A customer with money in every place, staff beside them, and a valid request for every verb of money over the API."""

import json
import re
from collections.abc import Callable
from copy import copy, deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from apps.compliance.limits.choices import Tier, TierBasis
from apps.compliance.limits.operations import put_defaults, set_tier
from apps.core import relay
from apps.core.actors import Actor
from apps.core.clock import now, travel
from apps.core.sealing import open_field
from apps.finance.ledger.models import Journal
from apps.finance.ledger.operations import post_many
from apps.finance.ledger.operations.patterns import customer_account, deposit_journal
from apps.finance.ledger.queries import get_balances
from apps.finance.wallets import operations as wallets
from apps.finance.wallets import seeds
from apps.finance.wallets.models import StakingProduct, YieldProduct
from apps.finance.wallets.operations.first_rows import put_first_products, put_first_rates
from apps.platform.notifications.models import OutgoingMail
from kernel.addresses import Network, example_address
from tests.apps.platform.identity import enrol, recovery_code, verified
from tests.apps.trading.orders.funded import connected
from tests.factories.people import make_customer, make_staff, web_client

D = Decimal
SYSTEM = Actor.system("tests")
MONEY = (
    "apps.finance.", "apps.compliance.limits.", "apps.trading.orders.", "apps.trading.positions.",
    "apps.trading.portfolios.api.rebalancing",
)  # fmt: skip
"""Every write of these packages over the API moves money or orders, or decides where money goes."""
WRITES = ("post", "put", "patch", "delete")
BANK = {"asset_id": "EUR", "holder": "House", "iban": example_address(Network.SEPA, "house"), "bank": "Bank"}
STEP_UP = "security.step_up_required"


def money_writes() -> dict[str, str]:
    """Return the writes of money over the API: name of the view and method → route."""
    found: dict[str, str] = {}
    _walk(get_resolver("config.urls_tenant"), "", found)
    return found


def _walk(resolver: URLResolver, prefix: str, found: dict[str, str]) -> None:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            _walk(entry, route, found)
        elif isinstance(entry, URLPattern) and route.startswith("api/v1/"):
            view: Any = getattr(entry.callback, "cls", None) or getattr(entry.callback, "view_class", None)
            if view is not None and view.__module__.startswith(MONEY):
                found |= {f"{view.__name__}.{method}": f"/{route}" for method in WRITES if hasattr(view, method)}


@dataclass
class Person:
    """A customer who has some of everything, in the present schema; `staff` is a member of finance beside them."""

    name: str
    host: str = "alpha.localhost"
    user: Any = field(init=False)
    browser: Client = field(init=False)

    def __post_init__(self) -> None:
        self.user = make_customer(f"{self.name}@example.test")
        self.browser = web_client(self.user, host=self.host)
        enrol(self.user)
        set_tier(actor=SYSTEM, owner_id=self.user.pk, tier=Tier.VERIFIED, basis=TierBasis.EVIDENCE, reason="test")
        for asset, amount in (("USDT", "5000"), ("EUR", "5000"), ("ETH", "5")):
            journal = deposit_journal(
                key=f"test:{self.user.pk}:{asset}", holder_id=self.user.pk, asset=asset, amount=D(amount)
            )
            with transaction.atomic():
                post_many(actor=SYSTEM, journals=[journal])

    def again(self) -> "Person":
        """Return the same person as they were made, with browsers of their own, for the next test."""
        fresh: Person = copy(self)
        fresh.user = copy(self.user)
        for name in ("browser", "staff"):
            if name in vars(self):
                setattr(fresh, name, _again(vars(self)[name]))
        return fresh

    @cached_property
    def staff(self) -> Client:
        """The browser of a member of finance, with the second factor."""
        opened: Client = verified(make_staff(f"staff-{self.name}@example.test", role="finance"), host=self.host)
        return opened

    @cached_property
    def connection_id(self) -> Any:
        """A connection that holds something."""
        made = connected(self.user, USDT="100000", BTC="1")
        relay.drain()
        return made.pk

    @property
    def actor(self) -> Actor:
        """The customer."""
        return Actor.of(self.user)

    def send(self, request: "Request", key: str | None, *, body: Any = None, path: str = "") -> Any:
        """Send a request with an Idempotency-Key (None: without), confirming it by the second factor when asked to."""
        answer = self._send(request, key, body, path)
        if answer.status_code == 401 and answer.json().get("code") == STEP_UP:
            given = recovery_code(self.user, 0)
            where = answer.json()["params"]["api_url"]
            done = self.browser.post(where, {"code": given}, content_type="application/json")
            assert done.status_code < 300, done.content
            answer = self._send(request, key, body, path)
        return answer

    def _send(self, request: "Request", key: str | None, body: Any, path: str) -> Any:
        client = self.staff if request.by_staff else self.browser
        headers = {} if key is None else {"Idempotency-Key": key}
        content = json.dumps(request.body if body is None else body)
        return client.generic(
            request.method, path or request.path, content, content_type="application/json", headers=headers
        )


@dataclass
class Request:
    """A valid request, another valid body for the same address, and what makes it refused (`refused`: path, body)."""

    path: str
    body: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=lambda: {"note": "another body"})
    refused: tuple[str, dict[str, Any]] | None = None
    method: str = "POST"
    by_staff: bool = False


def _again(browser: Client) -> Client:
    fresh: Client = copy(browser)  # the loaded middleware is shared, the cookies are not
    fresh.cookies = deepcopy(browser.cookies)
    return fresh


def settled(name: str, host: str = "alpha.localhost") -> Person:
    """Return a new person who has an account at an exchange, with staff beside them."""
    person = Person(name, host=host)
    assert person.connection_id
    assert person.staff.session
    return person


def prepare_tenant() -> None:
    """Put limits, policies, products and rates into the present schema."""
    put_defaults(actor=SYSTEM)
    wallets.put_default_policies(actor=SYSTEM, approvals=seeds._approvals(), fees=seeds._fees(), accounts=[BANK])
    put_first_products(actor=SYSTEM, offered=True)
    put_first_rates(actor=SYSTEM, rates={("EUR", "USD"): D(1), ("USDT", "USD"): D(1)}, as_of=now(), source="test")


def amount_too_large(body: dict[str, Any], name: str = "amount") -> dict[str, Any]:
    """Return the body with an amount that nobody has."""
    return {**body, name: "90000000"}


# What the samples stand on.
def mailed_code(person: Person) -> str:
    """Return the code of the newest mail to a customer, wherever it is by now."""
    waiting = (open_field(row, "text") for row in OutgoingMail.objects.filter(state="waiting").order_by("-id"))
    sent = (str(message.body) for message in reversed(mail.outbox) if message.to == [person.user.email])
    for text in (*waiting, *sent):
        found = re.search(r"enter this code: (\w+)", text)
        if found:
            return found[1]
    raise AssertionError("no code was mailed")


def entry_of(person: Person, *, proved: bool = True) -> Any:
    """Return an address of the book, usable or waiting for its code."""
    with travel(timedelta(days=-3) if proved else timedelta(minutes=-5)):
        address = example_address(Network.TRON, uuid4().hex)
        entry = wallets.add_address(actor=person.actor, asset="USDT", network="tron", address=address, label="my own")
        if not proved:
            return entry
        return wallets.prove_address(actor=person.actor, entry_id=entry.pk, code=mailed_code(person))


def withdrawal_of(person: Person) -> Any:
    """Return a withdrawal that waits for the second factor."""
    return wallets.request_withdrawal(actor=person.actor, entry_id=entry_of(person).pk, amount=D(50))


def goal_of(person: Person, saved: str = "100") -> Any:
    """Return a goal with a schedule and something in it."""
    plan = wallets.GoalPlan(name="A goal", target=D(1000), schedule=wallets.Schedule(D(10), "day"))  # type: ignore[arg-type]
    goal = wallets.create_goal(actor=person.actor, asset="USDT", plan=plan)
    return wallets.deposit_to_goal(actor=person.actor, goal_id=goal.pk, amount=D(saved), movement_id=uuid4())


def place_of(person: Person) -> Any:
    """Return an open address to pay to."""
    place = wallets.ask_deposit_address(actor=person.actor, asset="USDT", network="tron")
    wallets.open_deposit_address(place_id=place.pk)
    return place


def on_row(path: str, pk: Any) -> Request:
    """Return a request about a row ("/deposits/{}/take-back"); the same about a row that is not there is refused."""
    return Request(f"/api/v1{path.format(pk)}", refused=(f"/api/v1{path.format(uuid4())}", {}))


def _announce(person: Person) -> Request:
    body = {"asset": "EUR", "amount": "120.50"}
    return Request("/api/v1/deposits", body, {**body, "amount": "120.51"}, ("", {**body, "asset": "USDT"}))


def _take_back(person: Person) -> Request:
    row = wallets.announce_deposit(actor=person.actor, asset="EUR", amount=D(10))
    return on_row("/deposits/{}/take-back", row.pk)


def _ask_place(person: Person) -> Request:
    body = {"asset": "USDT", "network": "tron"}
    return Request("/api/v1/deposits/addresses", body, {**body, "asset": "TRX"}, ("", {**body, "network": "bitcoin"}))


def _simulate(person: Person) -> Request:
    body = {"address_id": str(place_of(person).pk), "amount": "12"}
    unknown = {**body, "address_id": str(uuid4())}
    return Request("/api/v1/deposits/simulated", body, {**body, "amount": "13"}, ("", unknown))


def _withdraw(person: Person) -> Request:
    body = {"address_id": str(entry_of(person).pk), "amount": "60"}
    return Request("/api/v1/withdrawals", body, {**body, "amount": "61"}, ("", {**body, "amount": "5001"}))


def _confirm(person: Person) -> Request:
    return on_row("/withdrawals/{}/confirm", withdrawal_of(person).pk)


def _cancel(person: Person) -> Request:
    return on_row("/withdrawals/{}/cancel", withdrawal_of(person).pk)


def _add_address(person: Person) -> Request:
    body = {"asset": "USDT", "network": "tron", "address": example_address(Network.TRON, uuid4().hex), "label": "Cold"}
    return Request("/api/v1/address-book", body, {**body, "label": "Warm"}, ("", {**body, "address": "nonsense"}))


def _prove(person: Person) -> Request:
    path = f"/api/v1/address-book/{entry_of(person, proved=False).pk}/prove"
    return Request(path, {"code": mailed_code(person)}, {"code": "AAAAAAAAAA"}, ("", {"code": "BBBBBBBBBB"}))


def _on_entry(verb: str, *, proved: bool) -> Callable[[Person], Request]:
    return lambda person: on_row("/address-book/{}/" + verb, entry_of(person, proved=proved).pk)


def _transfer(person: Person) -> Request:
    make_customer(f"friend-{uuid4().hex[:8]}@example.test")
    body = {"to": "somebody@example.test", "asset": "USDT", "amount": "5"}
    return Request("/api/v1/transfers", body, {**body, "amount": "6"}, ("", {**body, "to": person.user.email}))


def _lock(person: Person) -> Request:
    return Request("/api/v1/wallets/lock", {"days": 3}, {"days": 4}, ("", {"days": 0}))


def _paper(person: Person) -> Request:
    return Request("/api/v1/wallets/paper-reset")


def _create_goal(person: Person) -> Request:
    body = {"name": "Bike", "asset": "USDT", "target": "900"}
    return Request("/api/v1/savings-goals", body, {**body, "target": "901"}, ("", {**body, "deadline": "2001-01-01"}))


Body = dict[str, Any]


def _on_goal(verb: str, body: Body, other: Body, refused: Body) -> Callable[[Person], Request]:
    def make(person: Person) -> Request:
        path = f"/api/v1/savings-goals/{goal_of(person).pk}{verb}"
        return Request(path, body, other, ("", refused), method="POST" if verb else "PUT")

    return make


def _goal_verb(verb: str) -> Callable[[Person], Request]:
    def make(person: Person) -> Request:
        goal = goal_of(person)
        if verb == "resume":
            wallets.pause_goal(actor=person.actor, goal_id=goal.pk)
        return on_row("/savings-goals/{}/" + verb, goal.pk)

    return make


def _product(family: Any, asset: str) -> str:
    return str(family.objects.filter(asset_id=asset).earliest("id").pk)


def _earn(person: Person) -> Request:
    body = {"product_id": _product(YieldProduct, "USDT"), "amount": "100"}
    return Request("/api/v1/yield/positions", body, {**body, "amount": "101"}, ("", amount_too_large(body)))


def _redeem(person: Person) -> Request:
    product_id: Any = _product(YieldProduct, "USDT")
    row = wallets.open_yield_position(actor=person.actor, product_id=product_id, amount=D(100))
    return Request(
        f"/api/v1/yield/positions/{row.pk}/redeem", refused=(f"/api/v1/yield/positions/{uuid4()}/redeem", {})
    )


def _stake(person: Person) -> Request:
    body = {"product_id": _product(StakingProduct, "ETH"), "amount": "1"}
    return Request("/api/v1/staking/positions", body, {**body, "amount": "1.1"}, ("", amount_too_large(body)))


def _unbond(person: Person) -> Request:
    product_id: Any = _product(StakingProduct, "ETH")
    with travel(timedelta(days=-3)):
        row = wallets.open_stake(actor=person.actor, product_id=product_id, amount=D(1))
    wallets.bond_stake(actor=SYSTEM, position_id=row.pk)
    return on_row("/staking/positions/{}/unbond", row.pk)


def account_id_of(person: Person, asset: str = "USDT") -> str:
    """Return the account the customer spends an asset from."""
    name = customer_account(person.user.pk, asset)
    rows = get_balances(person.user.pk)
    return str(next(row.account_id for row in rows if (row.kind, row.asset, row.mode) == (name.kind, asset, name.mode)))


def _adjust(person: Person) -> Request:
    assert person.staff.session
    body, path = {"amount": "5", "reason": "goodwill"}, "/api/v1/ledger/accounts/{}/adjustment-requests"
    refused = (path.format(uuid4()), body)
    return Request(path.format(account_id_of(person)), body, {**body, "amount": "6"}, refused, by_staff=True)


def _reverse(person: Person) -> Request:
    assert person.staff.session
    journal = Journal.objects.filter(entries__account__holder_id=person.user.pk).earliest("id")
    body, path = {"reason": "a mistake"}, "/api/v1/ledger/journals/{}/reversal-requests"
    refused = (path.format(uuid4()), body)
    return Request(path.format(journal.uid), body, {"reason": "another"}, refused, by_staff=True)


MONEY_SAMPLES: dict[str, Callable[[Person], Request]] = {
    "DepositList.post": _announce,
    "DepositTakeBack.post": _take_back,
    "PlaceList.post": _ask_place,
    "Simulation.post": _simulate,
    "WithdrawalList.post": _withdraw,
    "WithdrawalConfirmation.post": _confirm,
    "WithdrawalCancellation.post": _cancel,
    "AddressBook.post": _add_address,
    "AddressProof.post": _prove,
    "AddressMail.post": _on_entry("mail-code", proved=False),
    "AddressRemoval.post": _on_entry("remove", proved=True),
    "TransferList.post": _transfer,
    "WalletLock.post": _lock,
    "PaperReset.post": _paper,
    "GoalList.post": _create_goal,
    "GoalDetail.put": _on_goal(
        "", {"name": "Boat", "target": "700"}, {"name": "Boat", "target": "701"},
        {"name": "Boat", "target": "700", "deadline": "2001-01-01"},
    ),
    "GoalDeposit.post": _on_goal("/deposit", {"amount": "7"}, {"amount": "8"}, {"amount": "5001"}),
    "GoalWithdrawal.post": _on_goal("/withdraw", {"amount": "7"}, {"amount": "8"}, {"amount": "101"}),
    "GoalPause.post": _goal_verb("pause"),
    "GoalResume.post": _goal_verb("resume"),
    "GoalClose.post": _goal_verb("close"),
    "YieldPositions.post": _earn,
    "YieldRedemption.post": _redeem,
    "StakePositions.post": _stake,
    "StakeUnbonding.post": _unbond,
    "AskForAdjustment.post": _adjust,
    "AskForReversal.post": _reverse,
}  # fmt: skip
"""View and method → a valid request of a person, and what makes it be refused."""
