"""API and finance desk of saving, yield, staking and analytics."""

import re
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from apps.core.clock import freeze
from apps.core.models import Approval
from apps.finance.ledger.choices import AccountKind
from apps.finance.wallets.models import (
    Accrual,
    AccrualRun,
    FiatRate,
    SavingsGoal,
    StakingProduct,
    YieldPosition,
    YieldProduct,
    YieldRate,
)
from tests.apps.finance.wallets.earning_ground import (
    D,
    at,
    check_books,
    free,
    fund,
    inside,
    nothing_changes,
    run_timers,
    staking_product,
    yield_product,
)
from tests.apps.platform.identity import verified
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def post(client: Any, path: str, body: Any = None, *, key: str = "", verb: str = "post") -> Any:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return getattr(client, verb)(f"{V1}{path}", body, format="json", headers=headers)


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_goal_lives_its_whole_life_over_the_api(api: Any, customer: Any) -> None:
    client = api(customer)
    fund(customer, "USDT", "500")
    body = {
        "name": "A boat", "asset": "USDT", "target": "300",
        "schedule": {"amount": "10.5", "every": "month", "anchor_day": 31},
    }  # fmt: skip
    made = post(client, "/savings-goals", body)
    assert made.status_code == 201
    goal = made.json()
    expected = {
        "name": "A boat", "target": "300", "saved": "0", "progress": "0", "amount": "10.5", "every": "month",
        "anchor_day": 31, "state": "active",
    }  # fmt: skip
    assert {key: goal[key] for key in expected} == expected
    here = f"/savings-goals/{goal['id']}"
    assert post(client, f"{here}/deposit", {"amount": "120"}).json()["saved"] == "120"
    assert post(client, f"{here}/withdraw", {"amount": "20"}).json()["progress"] == "0.3333"
    assert post(client, f"{here}/pause").json()["next_due_on"] is None
    assert post(client, f"{here}/resume").json()["state"] == "active"
    changed = post(client, here, {"name": "A house", "target": "1000"}, verb="put").json()
    assert (changed["name"], changed["every"], changed["next_due_on"]) == ("A house", "", None)
    assert client.get(f"{V1}/savings-goals").json()[0]["name"] == "A house"
    assert client.get(f"{V1}{here}/contributions").json() == []
    closed = post(client, f"{here}/close").json()
    assert (closed["state"], closed["saved"]) == ("closed", "0")
    assert free(customer, "USDT") == D(500)
    check_books()


def test_the_same_key_moves_money_once_and_answers_the_same_bytes(api: Any, customer: Any) -> None:
    client = api(customer)
    fund(customer, "USDT", "100")
    goal = post(client, "/savings-goals", {"name": "x", "asset": "USDT", "target": "50"}).json()
    path = f"/savings-goals/{goal['id']}/deposit"
    first = post(client, path, {"amount": "5"}, key="k1")
    again = post(client, path, {"amount": "5"}, key="k1")
    assert (first.status_code, again.content, again["Idempotency-Replayed"]) == (200, first.content, "true")
    assert inside(customer, AccountKind.SAVINGS) == D(5)
    with nothing_changes():
        assert post(client, path, {"amount": "6"}, key="k1").status_code == 409
        assert client.post(f"{V1}{path}", {"amount": "6"}, format="json").status_code == 422


def test_refusals_are_problems_and_move_nothing(api: Any, customer: Any, other_customer: Any) -> None:
    client = api(customer)
    fund(customer, "USDT", "10")
    goal = post(client, "/savings-goals", {"name": "x", "asset": "USDT", "target": "50"}).json()
    product = yield_product(minimum=D(20))
    here = f"/savings-goals/{goal['id']}"
    wanted = {"product_id": str(product.pk), "amount": "5"}
    with nothing_changes():
        for path, body, status, code in (
            (f"{here}/deposit", {"amount": "11"}, 409, "ledger.insufficient_funds"),
            (f"{here}/withdraw", {"amount": "1"}, 409, "wallets.nothing_saved"),
            (f"{here}/deposit", {"amount": "1e3x"}, 422, "core.invalid"),
            (f"{here}/deposit", {"amount": 1.5}, 422, "core.invalid"),
            (f"{here}/deposit", {"amount": "0.123456789"}, 422, "core.invalid_amount"),
            ("/savings-goals", {"name": "x", "asset": "NOPE", "target": "1"}, 422, "core.invalid"),
            ("/savings-goals", {"name": "x", "asset": "USDT", "target": "1",
             "schedule": {"amount": "1", "every": "week"}}, 422, "wallets.schedule_invalid"),
            ("/yield/positions", wanted, 422, "wallets.below_minimum"),
            ("/yield/positions", {**wanted, "amount": "20"}, 409, "ledger.insufficient_funds"),
            ("/yield/positions", {**wanted, "product_id": str(uuid4())}, 404, "wallets.product_missing"),
            ("/staking/positions", wanted, 404, "wallets.product_missing"),
        ):  # fmt: skip
            answer = post(client, path, body)
            assert (answer.status_code, answer.json()["code"]) == (status, code), path
        foreign = api(other_customer)
        for path in (f"{here}/deposit", f"{here}/withdraw", f"{here}/close", f"{here}/pause"):
            assert post(foreign, path, {"amount": "1"}).status_code == 404
        assert foreign.get(f"{V1}{here}").status_code == 404
        assert foreign.get(f"{V1}{here}/contributions").status_code == 404
        assert foreign.get(f"{V1}/savings-goals").json() == []
        assert api().get(f"{V1}/savings-goals").status_code == 401


def test_yield_over_the_api(api: Any, customer: Any, other_customer: Any) -> None:
    client = api(customer)
    product = yield_product(("2025-01-01", (("0", "0.365"),)), ("2999-01-01", (("0", "0.5"),)), capacity=D(1000))
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        body = {"product_id": str(product.pk), "amount": "100"}
        made = post(client, "/yield/positions", body)
        assert made.status_code == 201
        listed = client.get(f"{V1}/yield/products?asset=USDT").json()
    (shown,) = [row for row in listed if row["id"] == str(product.pk)]
    assert (shown["left"], shown["rates"], shown["coming_from"], shown["coming"]) == (
        "900", [{"from_amount": "0", "rate": "0.365"}], "2999-01-01", [{"from_amount": "0", "rate": "0.5"}],
    )  # fmt: skip
    here = f"/yield/positions/{made.json()['id']}"
    with freeze(at("2025-01-04 00:05")):
        run_timers()
        accruals = client.get(f"{V1}{here}/accruals").json()
        assert accruals[0] == {"day": "2025-01-03", "principal": "100", "rate": "0.365", "amount": "0.1"}
        assert client.get(f"{V1}{here}").json()["earned"] == "0.2"
        with nothing_changes():
            assert post(api(other_customer), f"{here}/redeem").status_code == 404
            assert api(other_customer).get(f"{V1}{here}/accruals").status_code == 404
        redeemed = post(client, f"{here}/redeem").json()
        assert (redeemed["state"], redeemed["paid_out"]) == ("closed", "100")
        assert client.get(f"{V1}/yield/positions?mode=paper").json() == []
        assert len(client.get(f"{V1}/yield/positions?mode=live").json()) == 1
    assert free(customer, "USDT") == D("100.2")


def test_staking_over_the_api(api: Any, customer: Any) -> None:
    client = api(customer)
    product = staking_product(("2025-01-01", "0.001"), unbonding_days=2)
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "ETH", "1")
        made = post(client, "/staking/positions", {"product_id": str(product.pk), "amount": "1"}).json()
        assert (made["state"], made["bonds_at"]) == ("pending", "2025-01-02T00:00:00Z")
        here = f"/staking/positions/{made['id']}"
        refused = post(client, f"{here}/unbond")
        assert (refused.status_code, refused.json()["code"]) == (409, "wallets.not_bonded_yet")
        assert client.get(f"{V1}/staking/products").json()[-1]["unbonding_days"] == 2
    with freeze(at("2025-01-03 00:05")):
        run_timers()
        assert [row["amount"] for row in client.get(f"{V1}{here}/rewards").json()] == ["0.001"]
        assert post(client, f"{here}/unbond").json()["releases_at"] == "2025-01-05T00:05:00Z"
        assert client.get(f"{V1}{here}").json()["state"] == "unbonding"
        assert len(client.get(f"{V1}/staking/positions").json()) == 1


def test_analytics_over_the_api(api: Any, customer: Any, other_customer: Any) -> None:
    fund(customer, "USDT", "12.5")
    fund(customer, "DOT", "1")
    found = api(customer).get(f"{V1}/wallet-analytics?currency=USDT&days=2").json()
    assert (found["now"]["total"], found["now"]["unpriced"], found["now"]["currency"]) == ("12.5", ["DOT"], "USDT")
    assert [(day["total"], day["unpriced"]) for day in found["days"]] == [("0", []), ("12.5", ["DOT"])]
    prices = {part["asset"]: part["price"] for part in found["days"][1]["parts"]}
    assert prices["DOT"] is None
    assert (prices["USDT"]["value"], prices["USDT"]["source"]) == ("1", "same asset")
    assert api(other_customer).get(f"{V1}/wallet-analytics").json()["now"]["total"] == "0"
    assert api(customer).get(f"{V1}/wallet-analytics?currency=DOGE").status_code == 422
    assert api(customer).get(f"{V1}/wallet-analytics?days=731").status_code == 422


def desk(row: Any, verb: str = "") -> str:
    return f"/admin/wallets/{row._meta.model_name}/{row.pk}/{f'do/{verb}' if verb else 'change'}/"


def test_the_finance_desk_shows_everything_and_changes_by_operations(customer: Any) -> None:
    product = yield_product(("2025-01-01", (("0", "0.365"),)))
    stakes = staking_product()
    with freeze(at("2025-01-01 15:00")):
        fund(customer, "USDT", "100")
        from apps.core.actors import Actor
        from apps.finance.wallets.operations import GoalPlan, create_goal, open_yield_position

        position = open_yield_position(actor=Actor.of(customer), product_id=product.pk, amount=D(100))
        goal = create_goal(
            actor=Actor.of(customer), asset="USDT", plan=GoalPlan(name="A secret boat", target=Decimal(9))
        )
    with freeze(at("2025-01-03 00:05")):
        run_timers()
    FiatRate.objects.create(base_id="EUR", quote_id="USD", rate=D(1), as_of=at("2025-01-01"), source="staff")
    finance = verified(make_staff("fin@example.test", role="finance"))
    for model in (YieldProduct, StakingProduct, YieldRate, YieldPosition, AccrualRun, Accrual, SavingsGoal, FiatRate):
        listed = finance.get(f"/admin/wallets/{model._meta.model_name}/")
        assert listed.status_code == 200, model
        row = model.objects.order_by("-id").first()
        assert row is not None
        page = finance.get(desk(row))
        assert page.status_code == 200, model
        assert "secret boat" not in page.content.decode()
    assert "positions behind with accruals" in text(finance.get("/admin/"))
    assert finance.get(desk(position, "rates")).status_code == 404
    assert finance.get(desk(goal, "close")).status_code == 404
    with freeze(at("2025-01-03 10:00")):
        given = {"valid_from": "2025-01-10", "tiers": "0 0.1\n500 0.2\n", "reason": "better"}
        assert finance.post(desk(product, "rates"), given).status_code == 302
        late = finance.post(desk(product, "rates"), {**given, "valid_from": "2025-01-03"})
        assert "New rates hold from tomorrow (UTC) at the earliest" in text(late)
        assert "Each line has an amount and a rate" in text(
            finance.post(desk(product, "rates"), {**given, "tiers": "5"})
        )
    asked = Approval.objects.get(action="wallets.put_rates")
    assert asked.payload["tiers"] == [["0", "0.1"], ["500", "0.2"]]
    new = {
        "name": "Solana", "asset": "SOL", "minimum": "0.5", "capacity": "", "bonding_days": "1", "unbonding_days": "3",
        "reason": "asked for",
    }  # fmt: skip
    assert finance.post(desk(stakes, "prepare"), new).status_code == 302
    made = StakingProduct.objects.get(name="Solana")
    assert (made.state, made.minimum, made.capacity, made.unbonding_days) == ("draft", D("0.5"), None, 3)
    assert finance.post(desk(product, "withdraw"), {"reason": "full"}).status_code == 302
    product.refresh_from_db()
    assert product.state == "withdrawn"
    assert finance.post(desk(product, "offer"), {"reason": "again"}).status_code == 302
    assert finance.post(desk(product, "accrue"), {"reason": "look"}).status_code == 302
    rate = FiatRate.objects.get()
    given = {"base": "GBP", "quote": "USD", "rate": "1.25", "reason": "desk"}
    assert finance.post(desk(rate, "set"), given).status_code == 302
    table = {"text": "base,quote,rate,as_of\nUSD,SEK,10,2025-01-31T16:00:00Z\n", "source": "ECB", "reason": "daily"}
    assert finance.post(desk(rate, "import"), table).status_code == 302
    assert set(FiatRate.objects.values_list("quote_id", "source")) == {("USD", "staff"), ("SEK", "ECB")}


def test_other_desks_neither_see_nor_touch_products(customer: Any) -> None:
    product = yield_product()
    support = verified(make_staff("sup@example.test", role="support"))
    assert support.get(desk(product)).status_code in (302, 403)
    with nothing_changes():
        assert support.post(desk(product, "withdraw"), {"reason": "no"}).status_code in (302, 403, 404)
