"""The finance desk: what it shows, what it asks for, and that one person passes no four-eyes verb by any way in."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from apps.core.clock import freeze, now
from apps.core.models import Approval, ApprovalState
from apps.core.operation import REGISTRY
from apps.finance.ledger.choices import Mode
from apps.finance.ledger.models import Account, Entry, Hold, Journal, JournalSeal, PeriodClose
from apps.finance.ledger.operations import seal_journals
from apps.finance.ledger.queries import closed_until
from apps.platform.security.models import StepUpGrant
from tests.apps.finance.ledger.ledger_ground import (
    SYSTEM,
    D,
    account_of,
    at,
    deposit,
    fee,
    hold,
    person,
    picture,
    transfer,
)
from tests.apps.platform.identity import approve, recovery_code, verified

pytestmark = pytest.mark.django_db
MODELS = (Account, Journal, Entry, Hold, JournalSeal)


def page(row: Any, verb: str = "") -> str:
    label = row._meta.label_lower.replace(".", "/")
    return f"/admin/{label}/{row.pk}/" + (f"do/{verb}/" if verb else "change/")


def text(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def books(customer: Any, other_customer: Any) -> Journal:
    """A deposit, a transfer (returned), a fee, a hold, a seal."""
    deposit(customer, "100.5", "d1")
    journal = transfer(customer, other_customer, "30", "t1")
    fee(customer, "0.5", "f1")
    hold(customer, "7", "h1")
    seal_journals(actor=SYSTEM)
    return journal


@pytest.mark.parametrize(
    ("role", "status"), [("finance", 200), ("finance_approver", 200), ("auditor", 200), ("crm", 403)]
)
def test_who_sees_the_books(role: str, status: int, books: Journal) -> None:
    browser = verified(person(role))
    PeriodClose.objects.create(until=at("2026-01-01"), reason="year end")
    for model in (*MODELS, PeriodClose):
        name = model._meta.model_name
        assert browser.get(f"/admin/ledger/{name}/").status_code == status, name
        assert browser.get(page(model._default_manager.first())).status_code == status, name
        assert browser.get(f"/admin/ledger/{name}/add/").status_code == 403
    assert browser.get("/admin/ledger/account/trial-balance/").status_code == (200 if status == 200 else 404)


def test_accounts_are_filtered_and_shown_on_their_side(books: Journal, customer: Any) -> None:
    browser = verified(person("finance"))
    shown = text(browser.get("/admin/ledger/account/?kind__exact=customer&mode__exact=live&book__exact=wallet&q=ann@"))
    assert all(words in shown for words in ("70", "63", "7", "USDT", "1 account"))
    assert "ann@example.test" in shown
    assert "bob@example.test" not in shown
    custody = text(browser.get("/admin/ledger/account/?kind__exact=custody"))
    assert "100.5" in custody
    assert "-100.5" not in custody
    holder = text(browser.get(f"/admin/ledger/account/?holder__id__exact={customer.pk}"))
    assert "1 account" in holder


def test_journals_show_their_legs_and_filters_narrow_them(books: Journal) -> None:
    browser = verified(person("finance"))
    assert "1 journal" in text(browser.get("/admin/ledger/journal/?kind__exact=transfer&book__exact=wallet"))
    today = now().date()
    assert "4 journals" in text(browser.get(f"/admin/ledger/journal/?effective_at__gte={today}"))
    assert "0 journals" in text(browser.get(f"/admin/ledger/journal/?effective_at__lt={today - timedelta(days=3)}"))
    shown = text(browser.get(page(books)))
    assert shown.count("live customer USDT") == 2
    assert "Ask for a reversal" in shown
    entries = browser.get(f"/admin/ledger/entry/?q={account_of_ann(books)}")
    assert "3 entries" in text(entries)


def account_of_ann(journal: Journal) -> Any:
    return journal.entries.get(amount__lt=0).account_id


def test_the_trial_balance_sums_to_zero_visibly(books: Journal, customer: Any) -> None:
    with freeze(at("2026-01-05")):
        deposit(customer, "2", "old", mode=Mode.PAPER)
    browser = verified(person("finance"))
    shown = text(browser.get("/admin/ledger/account/trial-balance/"))
    assert shown.count("Difference 0") == 3
    assert "Wallet, live, USDT" in shown
    assert "Customer 2 30.5 130.5 100" in shown
    january = text(browser.get("/admin/ledger/account/trial-balance/?at=2026-01-31"))
    assert january.count("Difference 0") == 1
    assert "Wallet, paper, USDT" in january
    assert "Wallet, live" not in january
    assert browser.get("/admin/ledger/account/trial-balance/?at=9999-12-31").status_code == 200


def test_finance_freezes_and_unfreezes_with_a_reason(books: Journal, customer: Any) -> None:
    browser, account = verified(person("finance")), account_of(customer)
    assert browser.post(page(account, "freeze"), {"reason": ""}).status_code == 200
    assert account_of(customer).state == "open"
    assert browser.post(page(account, "freeze"), {"reason": "court order"}).status_code == 302
    assert account_of(customer).state == "frozen"
    assert "1 frozen accounts" in text(browser.get("/admin/"))
    assert browser.post(page(account, "unfreeze"), {"reason": "lifted"}).status_code == 302
    assert account_of(customer).state == "open"
    approver = verified(person("finance_approver"))
    assert approver.post(page(account, "freeze"), {"reason": "x"}).status_code == 404
    assert account_of(customer).state == "open"


def test_a_reversal_goes_through_the_queue(books: Journal, customer: Any) -> None:
    browser = verified(person("finance"))
    assert browser.post(page(books, "reverse"), {"reason": "wrong person"}).status_code == 302
    request = Approval.objects.get()
    assert (request.action, request.reason) == ("ledger.reverse_journal", "wrong person")
    assert "1 corrections of the books to approve" in text(browser.get("/admin/"))
    assert account_of(customer).natural == D(70)
    approver = verified(person("finance_approver"))
    assert "ledger.reverse_journal" in text(approver.get("/admin/core/approval/"))
    assert approve(approver, page(request, "approve")).status_code == 302
    assert account_of(customer).natural == D(100)
    assert "Ask for a reversal" not in text(browser.get(page(books)))


def test_a_correction_goes_through_the_queue_and_one_page_asks_once(books: Journal, customer: Any) -> None:
    browser, account = verified(person("finance")), account_of(customer)
    form = browser.get(page(account, "adjust")).content.decode()
    key = re.search(r'name="key" value="(\w+)"', form)[1]  # type: ignore[index]
    given = {"amount": "1.25", "key": key, "reason": "goodwill"}
    assert browser.post(page(account, "adjust"), {**given, "amount": "0"}).status_code == 200
    assert not Approval.objects.exists()
    for _ in range(2):
        assert browser.post(page(account, "adjust"), given).status_code == 302
    assert account_of(customer).natural == D(70)
    approver = verified(person("finance_approver"))
    for request in Approval.objects.all():
        assert approve(approver, page(request, "approve")).status_code == 302
    assert account_of(customer).natural == D("71.25")


def test_a_period_is_closed_and_reopened_at_the_desk() -> None:
    browser, day = verified(person("finance")), {"until": "2026-02-28", "reason": "month end"}
    assert "Close a period" in text(browser.get("/admin/ledger/periodclose/"))
    assert browser.post("/admin/ledger/periodclose/do/close/", {**day, "until": "9999-12-31"}).status_code == 200
    today = {**day, "until": f"{now().date()}"}
    assert "one hour after its end" in text(browser.post("/admin/ledger/periodclose/do/close/", today))
    assert closed_until() is None
    assert browser.post("/admin/ledger/periodclose/do/close/", day).status_code == 302
    assert closed_until() == at("2026-03-01")
    row = PeriodClose.objects.get()
    assert browser.post(page(row, "reopen"), {"reason": "a late bill"}).status_code == 302
    assert closed_until() == at("2026-03-01")
    approver = verified(person("finance_approver"))
    assert approver.post("/admin/ledger/periodclose/do/close/", day).status_code == 404
    assert approve(approver, page(Approval.objects.get(), "approve")).status_code == 302
    assert closed_until() is None


def test_an_approver_sees_only_what_they_may_decide(books: Journal) -> None:
    from apps.core.actors import Actor
    from apps.core.approvals import request_approval

    verified(finance := person("finance")).post(page(books, "reverse"), {"reason": "x"})
    admin = person("admin")
    other = request_approval(actor=Actor.of(admin), action="security.grant_role", payload={}, reason="y")
    approver = verified(person("finance_approver"))
    assert "security.grant_role" not in text(approver.get("/admin/core/approval/"))
    assert approve(approver, page(other, "approve")).status_code == 404
    assert Approval.objects.get(maker_id=finance.pk).state == ApprovalState.PENDING


# --- one person, every way in


@pytest.fixture
def requests_of_owner(books: Journal, customer: Any, staff: Any) -> tuple[Any, list[Approval]]:
    """All three verbs asked for by the owner, who also holds every permission to approve."""
    browser = verified(staff)
    PeriodClose.objects.create(until=at("2026-01-01"), reason="year end")
    browser.post(page(books, "reverse"), {"reason": "x"})
    browser.post(page(account_of(customer), "adjust"), {"amount": "999", "key": "k1234567", "reason": "x"})
    browser.post(page(PeriodClose.objects.get(), "reopen"), {"reason": "x"})
    requests = list(Approval.objects.order_by("id"))
    assert [one.action for one in requests] == [
        "ledger.reverse_journal",
        "ledger.adjust_account",
        "ledger.reopen_period",
    ]
    return browser, requests


def test_a_vote_takes_a_fresh_code_for_exactly_this_request(books: Journal, customer: Any) -> None:
    finance, checker = verified(person("finance")), person("finance_approver")
    finance.post(page(books, "reverse"), {"reason": "wrong person"})
    finance.post(page(account_of(customer), "adjust"), {"amount": "1", "key": "k1234567", "reason": "goodwill"})
    first, second = Approval.objects.order_by("id")
    approver = verified(checker)
    assert "Code of your second factor" in text(approver.get(page(first, "approve")))
    before = picture()
    for given in ({}, {"code": ""}, {"code": "000000"}):
        answer = approver.post(page(first, "approve"), {"reason": "typed once", **given})
        assert answer.status_code == 200
        assert "typed once" in answer.content.decode()
    assert picture() == before
    code = recovery_code(checker)
    assert approver.post(page(first, "approve"), {"reason": "seen", "code": code}).status_code == 302
    grant = StepUpGrant.objects.get(used_at__isnull=False)
    assert (grant.user_id, grant.action) == (checker.pk, "core.approve")
    assert dict(grant.facts)["Asked because"] == "wrong person"
    once = picture()
    assert approver.post(page(second, "approve"), {"reason": "seen", "code": code}).status_code == 200
    assert picture() == once


def test_the_maker_cannot_approve_by_the_page(requests_of_owner: Any) -> None:
    browser, requests = requests_of_owner
    before = picture()
    for request in requests:
        answer = approve(browser, page(request, "approve"))
        assert answer.status_code == 200
        assert "somebody else has to approve it" in text(answer)
    assert picture() == before


def test_the_maker_cannot_approve_by_a_changed_body(requests_of_owner: Any) -> None:
    browser, requests = requests_of_owner
    before = picture()
    for request in requests:
        for more in ({"maker_id": "", "actor": "system"}, {"checker_id": str(request.pk), "required": "0"}):
            assert approve(browser, page(request, "approve"), **more).status_code == 200
    assert picture() == before


def test_nobody_approves_by_the_admins_own_forms(requests_of_owner: Any) -> None:
    """Django's change, add and delete views, and its bulk actions, are closed for every table of four eyes."""
    browser, requests = requests_of_owner
    before = picture()
    keys = [str(request.pk) for request in requests]
    for action in ("approve", "delete_selected", "reject", ""):
        given = {"action": action, "_selected_action": keys, "select_across": "1", "index": "0", "post": "yes"}
        browser.post("/admin/core/approval/", given)
        browser.post("/admin/ledger/journal/", {**given, "_selected_action": [str(Journal.objects.first().pk)]})  # type: ignore[union-attr]
    listed = {
        "form-TOTAL_FORMS": "1",
        "form-INITIAL_FORMS": "1",
        "form-0-id": keys[0],
        "form-0-state": "executed",
        "_save": "1",
    }
    browser.post("/admin/core/approval/", listed)
    for request in requests:
        given = {"state": "executed", "maker_id": "", "required": "0", "payload": "{}"}
        assert browser.post(page(request), given).status_code == 403
        assert browser.post(f"/admin/core/approval/{request.pk}/delete/", {"post": "yes"}).status_code == 403
    assert browser.post("/admin/core/approval/add/", {"action": "ledger.adjust_account"}).status_code == 403
    assert browser.post("/admin/core/approvalvote/add/", {"approval": keys[0]}).status_code in (403, 404)
    for row in (Account.objects.first(), Journal.objects.first(), Entry.objects.first(), PeriodClose.objects.first()):
        assert browser.post(page(row), {"balance": "1", "amount": "1", "reopened_at": "2026-01-01"}).status_code == 403
        assert browser.post(page(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert picture() == before


def test_no_button_of_the_ledger_does_a_four_eyes_verb_at_once(requests_of_owner: Any) -> None:
    browser, _ = requests_of_owner
    before = picture()
    for row, verbs in (
        (Journal.objects.first(), ("approve", "reverse_journal", "execute")),
        (Account.objects.first(), ("approve", "adjust_account", "post")),
        (PeriodClose.objects.first(), ("approve", "reopen_period", "open")),
    ):
        for verb in verbs:
            assert browser.post(page(row, verb), {"reason": "x"}).status_code == 404
    assert picture() == before


def test_no_operation_books_a_correction_without_a_request() -> None:
    """What the product registers as operations of the ledger: none reverses, adjusts or reopens by itself."""
    names = {name.partition(".")[2] for name in REGISTRY if name.startswith("ledger.")}
    assert names & {"reverse_journal", "adjust_account", "reopen_period"} == set()
    assert names >= {"ask_for_reversal", "ask_for_adjustment", "ask_to_reopen_period"}


def test_the_maker_cannot_approve_over_the_api(requests_of_owner: Any, api: Any, staff: Any) -> None:
    from django.urls import get_resolver

    _, requests = requests_of_owner
    before = picture()
    client = api(staff)
    routes = [str(one.pattern) for one in _leaves(get_resolver("config.urls_tenant"))]
    assert not [route for route in routes if "approv" in route and not route.startswith("admin")]
    for request in requests:
        for address in (
            f"/api/v1/approvals/{request.pk}",
            f"/api/v1/approvals/{request.pk}/approve",
            f"/api/v1/ledger/approvals/{request.pk}/approve",
        ):
            answer = client.post(address, {"agrees": True}, format="json", HTTP_IDEMPOTENCY_KEY="k")
            assert answer.status_code == 404
        assert approve(client, page(request, "approve")).status_code == 302
    assert picture() == before


def _leaves(resolver: Any) -> Iterator[Any]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _leaves(pattern)
        else:
            yield pattern


def test_without_the_second_factor_the_desk_stays_closed(books: Journal, web: Any) -> None:
    plain = web(person("finance"))
    before = picture()
    assert plain.get("/admin/ledger/journal/").status_code == 302
    assert plain.post(page(books, "reverse"), {"reason": "x"}).status_code == 302
    assert plain.post("/admin/ledger/journal/export/", {}).status_code == 302
    assert picture() == before
