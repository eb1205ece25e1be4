"""No way in takes an amount that is not one: the API and the forms refuse it in words, and nothing is changed."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib.messages import get_messages
from django.utils.module_loading import import_string

from apps.core.forms import AmountFormField
from apps.finance.ledger.models import Account
from apps.finance.ledger.operations import freeze_account
from apps.finance.wallets.models import StakingProduct, YieldProduct
from tests.contracts.digests import changed, digest
from tests.contracts.money_ground import (
    MONEY,
    SYSTEM,
    Person,
    account_id_of,
    entry_of,
    goal_of,
    money_writes,
    place_of,
)
from tests.contracts.position_ground import BAND, book_of, contracts_of
from tests.contracts.samples import SAMPLES
from tests.contracts.test_idempotency_of_writes import is_problem, key

NOT_NUMBERS = [
    "1_000", "١٢", "１２", "²", "NaN", "-NaN", "sNaN", "Infinity", "-Infinity", "1e400", "1e-400", "1" * 41, "1,5",
    "1 000", " 5", "5 ", "0x10", "--5", "+-5", ".", "five", "\u0000",
]  # fmt: skip
TOO_FINE = ["0." + "0" * 39 + "1", "1.0000000000000000001", "5." + "1" * 40]
NOT_POSITIVE = ["-1", "-0.5", "0", "0.00", "-0"]
BAD_TEXTS = [*NOT_NUMBERS, *TOO_FINE, *NOT_POSITIVE]
BAD_JSON = [json.dumps(text) for text in [*BAD_TEXTS, ""]] + [
    "1.5", "1e400", "NaN", "Infinity", "-Infinity", "true", "null", "[]", "{}", '["5"]', "1e1000000", "-5", "0",
]  # fmt: skip
PLACE = "@@"


@dataclass(frozen=True)
class Api:
    """An amount of a request: the sample it is in, its name, and whether it may be below zero, zero, or left out."""

    sample: str
    name: str
    signed: bool = False
    optional: bool = False
    zero: bool = False


API = [
    Api("DepositList.post", "amount"),
    Api("Simulation.post", "amount"),
    Api("WithdrawalList.post", "amount"),
    Api("TransferList.post", "amount"),
    Api("GoalList.post", "target"),
    Api("GoalList.post", "schedule.amount"),
    Api("GoalDetail.put", "target"),
    Api("GoalDetail.put", "schedule.amount"),
    Api("GoalDeposit.post", "amount"),
    Api("GoalWithdrawal.post", "amount"),
    Api("YieldPositions.post", "amount"),
    Api("StakePositions.post", "amount"),
    Api("OrderList.post", "quantity"),
    Api("OrderList.post", "price", optional=True),
    Api("OrderList.post", "stop_price", optional=True),
    Api("OrderList.post", "trail_percent", optional=True),
    Api("OrderAmend.post", "quantity", optional=True),
    Api("OrderAmend.post", "price", optional=True),
    Api("OrderAmend.post", "stop_price", optional=True),
    Api("OrderAmend.post", "trail_percent", optional=True),
    Api("OrderBatch.post", "orders.quantity"),
    *(Api("OrderBatch.post", f"orders.{name}", optional=True) for name in ("price", "stop_price", "trail_percent")),
    Api("GroupList.post", "quantity", optional=True),
    Api("GroupList.post", "entry.quantity"),
    *(Api("GroupList.post", f"entry.{name}", optional=True) for name in ("price", "stop_price", "trail_percent")),
    *(Api("GroupList.post", f"stop.{name}", optional=True) for name in ("price", "stop_price", "trail_percent")),
    *(Api("GroupList.post", f"take_profit.{name}", optional=True) for name in ("price", "stop_price", "trail_percent")),
    Api("AlgoOrderList.post", "quantity"),
    Api("AlgoOrderList.post", "limit_price", optional=True),
    Api("AlgoOrderList.post", "display_quantity", optional=True),
    Api("RoutedOrderList.post", "quantity"),
    Api("RoutedOrderList.post", "limit_price", optional=True),
    *(Api("OrderLimits.put", name, optional=True) for name in ("confirm_above", "most_per_order", "most_per_day")),
    Api("StaffTradeList.post", "quantity"),
    Api("StaffTradeList.post", "price"),
    Api("StaffTradeList.post", "fee", optional=True),
    *(Api("CommissionScheduleList.post", f"rates.{name}", zero=True) for name in ("from_volume", "maker", "taker")),
    Api("CommissionScheduleList.post", "promotions.percent_off"),
    Api("AskForAdjustment.post", "amount", signed=True),
    Api("ContractMoves.post", "amount", signed=True),
    *(Api("ContractHedges.put", name, signed=True, zero=True) for name in ("low", "high", "target")),
    Api("ContractHedges.put", "most"),
    Api("Corrections.post", "quantity", signed=True),
    Api("Corrections.post", "price"),
    Api("Targets.put", "targets.percent", zero=True),
]
"""Every amount that a write of money takes over the API."""


def _amounts_of(schema: dict[str, Any], components: dict[str, Any], prefix: str = "") -> list[str]:
    found: list[str] = []
    for name, told in schema.get("properties", {}).items():
        inner = told
        for one in (told, told.get("items", {}), *told.get("allOf", ()), *told.get("oneOf", ())):
            if "$ref" in one:
                inner = components[one["$ref"].rpartition("/")[2]]
                found += _amounts_of(inner, components, f"{prefix}{name}.")
        if inner.get("format") == "decimal":
            found.append(f"{prefix}{name}")
    return found


def test_every_amount_of_the_api_is_tried() -> None:
    from tests.contracts.test_openapi import document

    components, found = document()["components"]["schemas"], set()
    for name, route in money_writes().items():
        path, method = route.replace("<uuid:", "{").replace(">", "}"), name.rpartition(".")[2]
        body = document()["paths"][path][method].get("requestBody")
        if body is not None:
            named = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            found |= {(name, amount) for amount in _amounts_of(components[named], components)}
            assert not {"effective_at", "booked_at"} & components[named]["properties"].keys()  # nobody back-dates
    assert found == {(one.sample, one.name) for one in API}


def _with(body: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    first, _, rest = name.partition(".")
    if not rest:
        return {**body, first: value}
    if isinstance(body.get(first), list):
        return {**body, first: [{**body[first][0], rest: value}]}
    return {**body, first: {"amount": "5", "every": "day", **(body.get(first) or {}), rest: value}}


@pytest.mark.django_db
@pytest.mark.parametrize("one", API, ids=lambda one: f"{one.sample} {one.name}")
def test_a_bad_amount_is_refused_over_the_api(one: Api, ann: Person) -> None:
    request = SAMPLES[one.sample](ann)
    client = ann.staff if request.by_staff else ann.browser
    before = digest()
    allowed = {'"-1"', '"-0.5"', "-5"} if one.signed else {"null"} if one.optional else set()
    allowed |= {'"0"', '"0.00"', '"-0"', "0"} if one.zero else set()
    for bad in [raw for raw in BAD_JSON if raw not in allowed]:
        content = json.dumps(_with(request.body, one.name, PLACE)).replace(json.dumps(PLACE), bad)
        headers = {"Idempotency-Key": key()}
        answer = client.generic(request.method, request.path, content, content_type="application/json", headers=headers)
        assert 400 <= answer.status_code < 500, (bad, answer.status_code, answer.content[:300])
        is_problem(answer, 400, 422)
    assert changed(before) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["DepositList.post", "PlaceList.post", "AddressBook.post", "TransferList.post", "GoalList.post"]
)
def test_an_asset_that_is_none_is_refused_over_the_api(name: str, ann: Person) -> None:
    request = SAMPLES[name](ann)
    before = digest()
    bad: Any
    for bad in (
        "NOPE",
        request.body["asset"].lower(),
        f" {request.body['asset']}",
        "USDT\u0000",
        "",
        "*",
        5,
        None,
        [],
        {},
    ):
        answer = ann._send(request, key(), {**request.body, "asset": bad}, "")
        is_problem(answer, 400, 422)
    assert changed(before) == []


@dataclass(frozen=True)
class Sheet:
    """A form as a browser sends it: where, what, and the name of its amount; `form` is its class."""

    form: str
    name: str
    address: Callable[[Person], tuple[str, dict[str, Any]]]
    staff: bool = False
    signed: bool = False
    strips: bool = False
    zero: bool = False

    def __str__(self) -> str:
        return f"{self.form.rpartition('.')[2]} {self.name}"


W, L = "apps.finance.wallets.pages.", "apps.finance.ledger.admin."


def _pay_in(person: Person) -> tuple[str, dict[str, Any]]:
    return "/wallet/deposit/", {"asset": "EUR", "network": "sepa", "action": "announce"}


def _simulate(person: Person) -> tuple[str, dict[str, Any]]:
    place = str(place_of(person).pk)
    return "/wallet/deposit/", {"asset": "USDT", "network": "tron", "action": "simulate", "place": place}


def _withdraw(person: Person) -> tuple[str, dict[str, Any]]:
    return "/wallet/withdraw/", {"entry": str(entry_of(person).pk)}


def _send(person: Person) -> tuple[str, dict[str, Any]]:
    return "/wallet/send/", {"to": "bob@example.test", "asset": "USDT"}


def _new_goal(person: Person) -> tuple[str, dict[str, Any]]:
    return "/wallet/goals/new/", {"name": "Bike", "asset": "USDT", "target": "900", "every": "day", "amount": "5"}


def _goal(action: str) -> Callable[[Person], tuple[str, dict[str, Any]]]:
    return lambda person: (f"/wallet/goals/{goal_of(person).pk}/", {"action": action})


def _earn(person: Person) -> tuple[str, dict[str, Any]]:
    return f"/wallet/earn/products/{YieldProduct.objects.filter(asset_id='USDT').earliest('id').pk}/", {}


def _stake(person: Person) -> tuple[str, dict[str, Any]]:
    return f"/wallet/stake/products/{StakingProduct.objects.filter(asset_id='ETH').earliest('id').pk}/", {}


def _correct(person: Person) -> tuple[str, dict[str, Any]]:
    return f"/admin/ledger/account/{account_id_of(person)}/do/adjust/", {"reason": "goodwill"}


def _arrived(person: Person) -> tuple[str, dict[str, Any]]:
    from apps.finance.wallets.operations import announce_deposit
    from kernel.money import parse_decimal

    row = announce_deposit(actor=person.actor, asset="EUR", amount=parse_decimal("50"))
    return f"/admin/wallets/deposit/{row.pk}/do/confirm/", {"reason": "seen"}


def _first(model: str, action: str, **data: str) -> Callable[[Person], tuple[str, dict[str, Any]]]:
    def make(person: Person) -> tuple[str, dict[str, Any]]:
        label, _, name = model.partition(".")
        rows: Any = apps.get_model(model)
        row = f"{rows.objects.earliest('id').pk}/" if action in ("change",) else ""
        return f"/admin/{label}/{name}/{row}do/{action}/", {"reason": "test", **data}

    return make


def _move(person: Person) -> tuple[str, dict[str, Any]]:
    return f"/positions/contracts/{contracts_of(person).pk}/move/", {}


def _hedge(person: Person) -> tuple[str, dict[str, Any]]:
    return f"/positions/contracts/{contracts_of(person).pk}/hedge/", {**BAND, "is_on": "on"}


def _correction(person: Person) -> tuple[str, dict[str, Any]]:
    book = str(book_of(person).pk)
    told = {"book_id": book, "symbol": "ETHUSDT", "kind": "correction", "quantity": "1", "price": "3000"}
    return "/positions/correct/", {**told, "reason": "Held before"}


SHEETS = [
    Sheet(f"{W}forms_moving.PayInForm", "amount", _pay_in),
    Sheet(f"{W}forms_moving.PayInForm", "amount", _simulate),
    Sheet(f"{W}forms_moving.WithdrawForm", "amount", _withdraw),
    Sheet(f"{W}forms_moving.SendForm", "amount", _send),
    Sheet(f"{W}forms.GoalForm", "target", _new_goal),
    Sheet(f"{W}forms.GoalForm", "amount", _new_goal),
    Sheet(f"{W}forms.AmountForm", "amount", _goal("add")),
    Sheet(f"{W}forms.AmountForm", "amount", _goal("take")),
    Sheet(f"{W}forms.AmountForm", "amount", _earn),
    Sheet(f"{W}forms.AmountForm", "amount", _stake),
    Sheet(f"{L}accounts.AdjustmentForm", "amount", _correct, staff=True, signed=True),
    Sheet("apps.trading.positions.pages.forms.MoveForm", "amount", _move, signed=True, strips=True),
    *(
        Sheet("apps.trading.positions.pages.forms.HedgeForm", name, _hedge, signed=True, strips=True, zero=True)
        for name in ("low", "high", "target")
    ),
    Sheet("apps.trading.positions.pages.forms.HedgeForm", "most", _hedge, strips=True),
    Sheet("apps.trading.positions.pages.forms.CorrectionForm", "quantity", _correction, signed=True, strips=True),
    Sheet("apps.trading.positions.pages.forms.CorrectionForm", "price", _correction, strips=True),
    Sheet("apps.finance.wallets.admin.funding.ReceivedForm", "received", _arrived, staff=True, strips=True),
]
ELSEWHERE = {
    "apps.finance.wallets.admin.policies": "fees and thresholds: tests/apps/finance/wallets, proposals of staff",
    "apps.finance.wallets.admin.earning": "terms and rates: tests/apps/finance/wallets/test_earning_faces.py",
    "apps.compliance.limits.admin": "limits and thresholds: tests/apps/compliance/limits, proposals of staff",
    "apps.trading.orders.pages.forms": "an order by hand: below",
    "apps.trading.orders.algos.pages.forms": "a large order: below",
    "apps.trading.orders.routing.pages.forms": "a routed order: below",
    "apps.trading.orders.limits.pages.forms": "own limits: tests/apps/trading/orders/test_own_limits.py",
    "apps.trading.orders.staff_trades.admin": "booked trades: tests/apps/trading/orders/test_staff_trades.py",
}
"""Modules of forms whose numbers move no money by themselves, each with where they are tried."""


def test_every_form_that_moves_money_is_tried() -> None:
    from django.urls import get_resolver

    assert get_resolver("config.urls_tenant").url_patterns  # every form is imported by its page
    found = set()
    for form in _all_forms(forms.Form):
        for name, kept in form.base_fields.items():
            is_amount = isinstance(kept, AmountFormField | forms.DecimalField) or type(kept).__name__ == "DecimalText"
            if is_amount and form.__module__.startswith(MONEY) and form.__module__ not in ELSEWHERE:
                found.add((f"{form.__module__}.{form.__name__}", name))
    assert found == {(sheet.form, sheet.name) for sheet in SHEETS}


def _all_forms(form: Any) -> list[Any]:
    return [one for child in form.__subclasses__() for one in (child, *_all_forms(child))]


@pytest.mark.django_db
@pytest.mark.parametrize("sheet", SHEETS, ids=str)
def test_a_bad_amount_in_a_form_is_refused_in_words(sheet: Sheet, ann: Person) -> None:
    assert issubclass(import_string(sheet.form), forms.Form)
    address, data = sheet.address(ann)
    client = ann.staff if sheet.staff else ann.browser
    before = digest()
    for bad in [*BAD_TEXTS, "", "9" * 64, "<b>5</b>"]:
        if (sheet.signed and bad in ("-1", "-0.5")) or (sheet.strips and bad.strip() == "5"):
            continue
        if sheet.zero and bad in ("0", "0.00", "-0"):
            continue
        answer = client.post(address, {**data, sheet.name: bad, "idempotency_key": key()})
        assert answer.status_code in (200, 422), (bad, answer.status_code, answer.content[:300])
        page = answer.content.decode()
        assert 'role="alert"' in page or "errorlist" in page or "aria-invalid" in page or "text-red" in page, bad
        assert "<b>5</b>" not in page
    assert changed(before) == []


@pytest.mark.django_db
@pytest.mark.parametrize("asset", ["NOPE", "usdt", " USDT", "", "*"])
def test_a_form_takes_only_assets_of_its_list(asset: str, ann: Person) -> None:
    before = digest()
    for address, data in (_send(ann), _new_goal(ann)):
        answer = ann.browser.post(address, {**data, "amount": "5", "asset": asset, "idempotency_key": key()})
        assert answer.status_code == 422, (address, answer.status_code)
        assert changed(before) == []


LEAVES_THE_WALLET = (
    "WithdrawalList.post",
    "TransferList.post",
    "GoalDeposit.post",
    "YieldPositions.post",
    "StakePositions.post",
)
PAGES_LEAVE_THE_WALLET = (_withdraw, _send, _goal("add"), _earn, _stake)


@pytest.mark.django_db
def test_nothing_leaves_a_frozen_account(ann: Person) -> None:
    requests = [SAMPLES[name](ann) for name in LEAVES_THE_WALLET]
    sheets = [make(ann) for make in PAGES_LEAVE_THE_WALLET]
    for row in Account.objects.filter(holder_id=ann.user.pk, kind="customer"):
        freeze_account(actor=SYSTEM, account_id=row.pk, expected="open", reason="test")
    before = digest()
    for request in requests:
        assert is_problem(ann.send(request, key()), 409, 422, 403) == "ledger.account_frozen", request.path
        assert changed(before) == [], request.path
    for address, data in sheets:
        answer = ann.browser.post(address, {**data, "amount": "20", "idempotency_key": key()})
        assert answer.status_code == 422, (address, answer.status_code, answer.content[:200])
        assert "frozen" in answer.content.decode(), address
        assert changed(before) == [], address


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["quantity", "price"])
def test_an_order_by_hand_takes_no_bad_amount(name: str, ann: Person) -> None:
    data = {**SAMPLES["OrderList.post"](ann).body, "connection": str(ann.connection_id)}
    before = digest()
    for bad in BAD_TEXTS:
        answer = ann.browser.post("/orders/ticket/", {**data, name: bad, "idempotency_key": key()})
        said = [message.level_tag for message in get_messages(answer.wsgi_request)]
        assert (answer.status_code, set(said)) == (302, {"error"}) or 400 <= answer.status_code < 500, (bad, said)
    assert changed(before) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["quantity", "limit_price", "display_quantity"])
def test_a_large_order_takes_no_bad_amount(name: str, ann: Person) -> None:
    data = {**SAMPLES["AlgoOrderList.post"](ann).body, "connection": str(ann.connection_id), "algo": "iceberg"}
    before = digest()
    for bad in BAD_TEXTS:
        ann.browser.post("/orders/algos/new/", {**data, name: bad, "idempotency_key": key()})
    assert changed(before) == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["quantity", "limit_price"])
def test_a_routed_order_takes_no_bad_amount(name: str, ann: Person) -> None:
    data = {**SAMPLES["RoutedOrderList.post"](ann).body, "action": "place"}
    before = digest()
    for bad in BAD_TEXTS:
        answer = ann.browser.post("/orders/routes/new/", {**data, name: bad, "idempotency_key": key()})
        assert (answer.status_code, changed(before)) == (422, []), bad
