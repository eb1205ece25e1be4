"""The API: own accounts only, both times, cursors by version; staff ask, nobody books."""

from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from apps.core.clock import freeze
from apps.core.models import Approval
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.models import Account
from tests.apps.finance.ledger.ledger_ground import account_of, at, deposit, fee, hold, person, picture, transfer
from tests.apps.platform.identity import verified
from tests.factories.people import HOST

pytestmark = pytest.mark.django_db
BASE = "/api/v1/ledger"


@pytest.fixture
def account(customer: Any, other_customer: Any) -> Account:
    with freeze(at("2026-01-10")):
        deposit(customer, "100", "d1")
    with freeze(at("2026-02-10")):
        transfer(customer, other_customer, "30", "t1")
    with freeze(at("2026-03-10")):
        deposit(customer, "5.50", "d2", effective_at=at("2026-01-20"))
        hold(customer, "20", "h1")
    return account_of(customer)


def staff_client(user: Any) -> APIClient:
    """An API client that carries a staff browser's session, second factor and all."""
    client = APIClient(HTTP_HOST=HOST)
    client.cookies = verified(user).cookies
    return client


def test_own_accounts_as_they_stand(api: Any, customer: Any, account: Account) -> None:
    deposit(customer, "3", "p", mode=Mode.PAPER)
    found = api(customer).get(f"{BASE}/accounts?mode=live").json()["results"]
    assert found == [
        {
            "id": str(account.pk),
            "book": "wallet",
            "mode": "live",
            "kind": "customer",
            "asset": "USDT",
            "subject_id": None,
            "state": "open",
            "balance": "75.5",
            "held": "20",
            "available": "55.5",
            "version": 3,
        }
    ]
    assert api(customer).get(f"{BASE}/accounts/{account.pk}").json() == found[0]
    assert len(api(customer).get(f"{BASE}/accounts").json()["results"]) == 2
    assert api(customer).get(f"{BASE}/accounts?mode=real").status_code == 422
    assert api(customer).get(f"{BASE}/accounts?book=house").json()["results"] == []


def test_nobody_sees_the_accounts_of_others(api: Any, other_customer: Any, staff: Any, account: Account) -> None:
    custody = Account.objects.get(kind="custody")
    for client, row in ((api(other_customer), account), (api(staff), account), (api(other_customer), custody)):
        for tail in ("", "/entries", "/balance", "/statement?since=2026-01-01&until=2026-02-01"):
            answer = client.get(f"{BASE}/accounts/{row.pk}{tail}")
            assert (answer.status_code, answer.json()["code"]) == (404, "ledger.account_missing")
    assert api(other_customer).get(f"{BASE}/accounts/{uuid4()}").status_code == 404
    for tail in ("accounts", f"accounts/{account.pk}", f"accounts/{account.pk}/entries"):
        assert api().get(f"{BASE}/{tail}").status_code == 401


def test_entries_go_by_cursor_and_by_both_times(api: Any, customer: Any, account: Account) -> None:
    client, address = api(customer), f"{BASE}/accounts/{account.pk}/entries"
    first = client.get(f"{address}?limit=2").json()
    assert [(row["version"], row["amount"], row["balance_after"]) for row in first["results"]] == [
        (3, "5.5", "75.5"),
        (2, "-30", "70"),
    ]
    assert first["next_cursor"] == 2
    fee(customer, "1", "f1")
    second = client.get(f"{address}?limit=2&cursor={first['next_cursor']}").json()
    assert ([row["version"] for row in second["results"]], second["next_cursor"]) == ([1], None)
    assert second["results"][0] | {"journal": ""} == {
        "version": 1, "journal": "", "kind": "deposit", "amount": "100", "balance_after": "100",
        "effective_at": "2026-01-10T00:00:00Z", "booked_at": "2026-01-10T00:00:00Z", "subject_id": None,
    }  # fmt: skip

    def versions(query: str) -> list[int]:
        return [row["version"] for row in client.get(f"{address}?{query}").json()["results"]]

    assert versions("as_of=2026-02-01T00:00:00Z") == [3, 1]
    assert versions("booked_as_of=2026-02-28T00:00:00Z") == [2, 1]
    assert versions("as_of=2026-02-01T00:00:00Z&booked_as_of=2026-02-28T00:00:00Z") == [1]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=²", "cursor=0", "cursor=-1", "cursor=99999999999999999999", "as_of=yesterday"],
)
def test_what_cannot_be_read_is_refused(query: str, api: Any, customer: Any, account: Account) -> None:
    answer = api(customer).get(f"{BASE}/accounts/{account.pk}/entries?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "core.invalid")


@pytest.mark.parametrize(
    ("query", "balance"),
    [
        ("", "75.5"),
        ("effective=2026-02-01T00:00:00Z", "105.5"),
        ("booked=2026-02-28T00:00:00Z", "70"),
        ("effective=2026-02-01T00:00:00Z&booked=2026-02-28T00:00:00Z", "100"),
        ("booked=2025-12-31T00:00:00Z", "0"),
    ],
)
def test_the_balance_in_both_times(query: str, balance: str, api: Any, customer: Any, account: Account) -> None:
    found = api(customer).get(f"{BASE}/accounts/{account.pk}/balance?{query}").json()
    assert (found["balance"], found["asset"], found["account"]) == (balance, "USDT", str(account.pk))


def test_a_statement(api: Any, customer: Any, account: Account) -> None:
    client, address = api(customer), f"{BASE}/accounts/{account.pk}/statement"
    found = client.get(f"{address}?since=2026-02-01&until=2026-04-01&limit=1").json()
    assert {name: found[name] for name in ("opening", "incoming", "outgoing", "closing", "lines", "next_cursor")} == {
        "opening": "100", "incoming": "5.5", "outgoing": "-30", "closing": "75.5", "lines": 2, "next_cursor": 3,
    }  # fmt: skip
    rest = client.get(f"{address}?since=2026-02-01&until=2026-04-01&cursor=3").json()
    assert [row["version"] for row in rest["entries"]] == [2]
    assert client.get(f"{address}?since=2026-04-01&until=2026-02-01").status_code == 422
    assert client.get(address).status_code == 422


def test_staff_ask_once_for_a_key_and_nothing_is_booked(account: Account) -> None:
    client, before = staff_client(person("finance")), picture()
    journal = account.entries.get(version=1).journal
    address = f"{BASE}/journals/{journal.uid}/reversal-requests"
    first = client.post(address, {"reason": "twice"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(address, {"reason": "twice"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, first.content) == (202, again.content)
    assert again["Idempotency-Replayed"] == "true"
    assert (first.json()["action"], first.json()["state"]) == ("ledger.reverse_journal", "pending")
    other = client.post(address, {"reason": "other"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 409
    assert client.post(address, {"reason": "twice"}, format="json").json()["code"] == "core.idempotency_key_missing"
    asked = client.post(
        f"{BASE}/accounts/{account.pk}/adjustment-requests",
        {"amount": "-1.5", "reason": "goodwill"},
        format="json",
        HTTP_IDEMPOTENCY_KEY="k2",
    )
    assert asked.status_code == 202
    assert Approval.objects.count() == 2
    assert picture()[:5] == before[:5]


@pytest.mark.parametrize("amount", ["0", "NaN", "Infinity", "1e400", "", "ten"])
def test_what_is_no_amount_is_refused(amount: str, account: Account) -> None:
    answer = staff_client(person("finance")).post(
        f"{BASE}/accounts/{account.pk}/adjustment-requests",
        {"amount": amount, "reason": "x"},
        format="json",
        HTTP_IDEMPOTENCY_KEY="k",
    )
    assert answer.status_code == 422
    assert not Approval.objects.exists()


def test_the_desk_only_posts_through_requests(api: Any, account: Account, customer: Any, staff: Any) -> None:
    """Customers, keys, staff without a proved factor and roles without the permission get nothing."""
    journal = account.entries.get(version=1).journal
    addresses = (
        f"{BASE}/journals/{journal.uid}/reversal-requests",
        f"{BASE}/accounts/{account.pk}/adjustment-requests",
    )
    clients = {
        "customer": (api(customer), "ledger.staff_only"),
        "owner without a factor": (api(staff), "ledger.staff_only"),
        "approver": (staff_client(person("finance_approver")), "core.permission_missing"),
        "auditor": (staff_client(person("auditor")), "core.permission_missing"),
    }
    before = picture()
    for name, (client, code) in clients.items():
        for address in addresses:
            given = {"amount": "5", "reason": "x"}
            answer = client.post(address, given, format="json", HTTP_IDEMPOTENCY_KEY="k")
            assert (answer.status_code, answer.json()["code"]) == (403, code), name
    for address in (f"{BASE}/journals", f"{BASE}/accounts", f"{BASE}/accounts/{account.pk}/entries"):
        answer = staff_client(staff).post(address, {}, format="json", HTTP_IDEMPOTENCY_KEY="k")
        assert answer.status_code in (404, 405)
    assert picture() == before
