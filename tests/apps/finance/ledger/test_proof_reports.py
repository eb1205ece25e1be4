"""Reports of the proofs: stored, signed, told when red, shown on the desk."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from apps.core import tasks
from apps.core.actors import Actor
from apps.core.clock import freeze, now, travel
from apps.core.context import PUBLIC, in_schema
from apps.core.models import OutboxEvent, ProofReport
from apps.core.permissions import PermissionMissing
from apps.core.proofs import count_unproven_days, is_signed, newest_report, prove_and_store
from apps.core.relay import drain
from apps.platform.notifications.models import InboxItem
from apps.trading.positions.models import Position
from tests.apps.finance.ledger.ledger_ground import SYSTEM, at, deposit, fee, hold, person, reward
from tests.apps.platform.identity import verified
from tests.apps.trading.positions.test_booking import book as book_fixture
from tests.apps.trading.positions.test_booking import book_all, fill

pytestmark = pytest.mark.django_db
book = book_fixture
LIST = "/admin/core/proofreport/"


@pytest.fixture
def red(book: Any) -> Position:
    """A position that somebody changed behind the product's back."""
    position = book_all(book, fill("buy", "1", "100"))
    Position.objects.filter(pk=position.pk).update(quantity=9)
    return position


def test_a_clean_run_is_kept_with_its_figures(customer: Any, tenant_a: Any) -> None:
    deposit(customer, "100.25", "d1")
    fee(customer, "0.25", "f1")
    reward(customer, "0.00000001", "i1", asset="BTC")
    hold(customer, "7", "h1")
    report = prove_and_store(actor=SYSTEM)
    assert (report.is_clean, report.faults) == (True, 0)
    assert set(report.report["proofs"]) >= {"audit chain", "ledger", "positions", "schema"}
    assert report.report["schema"] == tenant_a.schema
    assert report.report["figures"]["ledger"][1] == {
        "mode": "live",
        "asset": "USDT",
        "accounts": 5,
        "entries": 6,
        "open_holds": 1,
        "held": "7",
        "credits": "100.5",
        "debits": "100.5",
        "owed_to_customers": "100",
        "in_custody": "100.25",
        "wallet_sum": "0",
        "venue_sum": "0",
        "house_sum": "0",
    }
    assert not OutboxEvent.objects.filter(name="core.proof_failed").exists()
    assert newest_report() == report


def test_a_report_is_signed_field_by_field() -> None:
    prove_and_store(actor=SYSTEM)
    report = ProofReport.objects.get()
    assert is_signed(report)
    for change in (
        {"is_clean": False},
        {"faults": 1},
        {"ran_at": report.ran_at - timedelta(days=1)},
        {"duration_ms": report.duration_ms + 1},
        {"report": {**report.report, "schema": "another"}},
        {"signature": "0" * 64},
    ):
        changed = ProofReport.objects.get()
        for name, value in change.items():
            setattr(changed, name, value)
        assert not is_signed(changed)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE core_proofreport SET is_clean = true", "DELETE FROM core_proofreport", "TRUNCATE core_proofreport"],
)
def test_the_application_role_changes_no_report(statement: str) -> None:
    prove_and_store(actor=SYSTEM)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert ProofReport.objects.count() == 1


def test_a_red_run_is_told_to_the_owner_and_finance(red: Position, staff: Any, on_commit: Any) -> None:
    finance, others = person("finance"), [person(role) for role in ("support", "auditor", "admin", "finance_approver")]
    drain()
    with on_commit():
        report = prove_and_store(actor=SYSTEM)
    assert (report.is_clean, report.faults) == (False, 1)
    assert report.report["proofs"]["positions"] == {
        "count": 1, "faults": [f"position {red.pk} is not the sum of its entries"],
    }  # fmt: skip
    event = OutboxEvent.objects.get(name="core.proof_failed")
    assert event.payload == {"report_id": str(report.pk), "faults": 1}
    drain()
    drain()
    told = InboxItem.objects.filter(topic="ledger.proof_failed")
    assert {row.owner_id for row in told} == {staff.pk, finance.pk}
    assert not told.filter(owner_id__in=[other.pk for other in others]).exists()
    assert told.first().params == {"report_id": str(report.pk), "faults": 1}  # type: ignore[union-attr]


def test_the_command_keeps_a_report_in_every_schema(red: Position, tenant_a: Any, tenant_b: Any) -> None:
    printed = StringIO()
    with pytest.raises(SystemExit):
        call_command("proof", "--json", stdout=printed)
    found = json.loads(printed.getvalue())
    assert found["clean"] is False
    assert found["schemas"][tenant_a.schema]["positions"] == [f"position {red.pk} is not the sum of its entries"]
    kept = {}
    for schema in (PUBLIC, tenant_a.schema, tenant_b.schema):
        with in_schema(schema):
            row = ProofReport.objects.get()
            kept[schema] = (
                row.report["schema"],
                row.report["proofs"].get("positions", {}).get("count"),
                is_signed(row),
            )
    assert kept == {
        PUBLIC: (PUBLIC, None, True),
        tenant_a.schema: (tenant_a.schema, 1, True),
        tenant_b.schema: (tenant_b.schema, 0, True),
    }


def test_the_nightly_task_runs_once_though_it_comes_twice(tenant_a: Any) -> None:
    tasks.prove_schema(tenant_a.schema)
    tasks.prove_schema(tenant_a.schema)
    assert ProofReport.objects.count() == 1
    with travel(timedelta(days=1)):
        tasks.prove_schema(tenant_a.schema)
    assert ProofReport.objects.count() == 2


def test_days_without_a_clean_proof_are_counted(red: Position) -> None:
    today = at("2026-05-20")
    for days in (1, 2, 2, 5):
        with freeze(today - timedelta(days=days) + timedelta(hours=3)):
            prove_and_store(actor=SYSTEM)
    with freeze(today + timedelta(hours=9)):
        assert count_unproven_days(30) == 30
        Position.objects.filter(pk=red.pk).update(quantity=1)
        prove_and_store(actor=SYSTEM)
        assert count_unproven_days(30) == 30
    with freeze(today + timedelta(days=1)):
        assert count_unproven_days(30) == 29


@pytest.mark.parametrize("role", ["finance_approver", "admin", "auditor", "support"])
def test_only_owner_and_finance_run_it(role: str) -> None:
    with pytest.raises(PermissionMissing):
        prove_and_store(actor=Actor.of(person(role)))
    assert not ProofReport.objects.exists()


def test_the_desk_runs_it_and_lists_the_reports(staff: Any) -> None:
    browser = verified(person("finance"))
    assert "Run the proofs now" in browser.get(LIST).content.decode()
    assert browser.post(f"{LIST}do/run/", {"reason": ""}).status_code == 200
    assert not ProofReport.objects.exists()
    assert browser.post(f"{LIST}do/run/", {"reason": "audit day"}).status_code == 302
    report = ProofReport.objects.get()
    shown = browser.get(LIST).content.decode()
    assert "Signature holds" in shown
    page = browser.get(f"{LIST}{report.pk}/change/")
    assert page.status_code == 200
    assert "is red" not in browser.get("/admin/").content.decode()


@pytest.mark.parametrize(("role", "status"), [("auditor", 404), ("finance_approver", 404), ("support", 404)])
def test_others_cannot_press_the_button(role: str, status: int) -> None:
    browser = verified(person(role))
    assert browser.get(f"{LIST}do/run/").status_code == status
    assert browser.post(f"{LIST}do/run/", {"reason": "x"}).status_code == status
    assert not ProofReport.objects.exists()


def test_a_red_proof_stands_on_the_finance_desk_until_a_clean_one(red: Position) -> None:
    browser = verified(person("finance"))
    report = prove_and_store(actor=SYSTEM)
    shown = browser.get("/admin/").content.decode()
    assert f"The proof of {report.ran_at:%-d %b, %H:%M} UTC is red: 1 thing does not hold." in shown
    assert f"{LIST}{report.pk}/change/" in shown
    assert "is red" not in verified(person("crm")).get("/admin/").content.decode()
    Position.objects.filter(pk=red.pk).update(quantity=1)
    prove_and_store(actor=SYSTEM)
    assert "is red" not in browser.get("/admin/").content.decode()
    assert now() > report.ran_at
