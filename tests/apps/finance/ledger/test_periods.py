"""Closed periods take nothing; reopening takes two; a close and a back-dated posting at once never both win."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core import approvals
from apps.core.actors import Actor
from apps.core.clock import freeze, now
from apps.core.context import in_schema
from apps.core.permissions import PermissionMissing
from apps.finance.ledger import errors
from apps.finance.ledger.models import Account, Journal, PeriodClose
from apps.finance.ledger.operations import ask_to_reopen_period, close_period, post_many
from apps.finance.ledger.operations.patterns import deposit_journal
from apps.finance.ledger.queries import closed_until
from apps.platform.tenants.queries import get_tenant
from tests.apps.finance.ledger.ledger_ground import SYSTEM, D, approve, at, deposit, person, picture
from tests.factories.people import make_customer

MARCH, APRIL = at("2026-03-01"), at("2026-04-01")
INSTANT = timedelta(microseconds=1)


def close(until: datetime = MARCH) -> PeriodClose:
    return close_period(actor=SYSTEM, until=until, reason="month end")


@pytest.mark.django_db
def test_nothing_before_the_line_is_booked_any_more(customer: Any) -> None:
    close()
    before = picture()
    with pytest.raises(errors.PeriodClosed) as caught:
        deposit(customer, "1", "late", effective_at=MARCH - INSTANT)
    assert "2026-03-01" in str(caught.value)
    assert [part for place, part in enumerate(picture()) if place != 0] == [
        part for place, part in enumerate(before) if place != 0
    ]
    assert not Account.objects.exclude(version=0).exists()
    deposit(customer, "1", "in-time", effective_at=MARCH)
    assert closed_until() == MARCH


@pytest.mark.django_db
def test_a_reversal_of_what_lies_in_a_closed_period_counts_now(customer: Any) -> None:
    journal = deposit(customer, "10", "d1", effective_at=at("2026-02-10"))
    close()
    from apps.finance.ledger.operations import ask_for_reversal

    maker, checker = person("finance"), person("finance_approver")
    approve(checker, ask_for_reversal(actor=Actor.of(maker), journal_uid=journal.uid, reason="twice"))
    assert Journal.objects.get(reverses=journal).effective_at > MARCH


@pytest.mark.django_db
def test_a_period_is_closed_one_hour_after_its_end_at_the_earliest() -> None:
    with freeze(MARCH + timedelta(hours=1)):
        with pytest.raises(errors.PeriodTooYoung):
            close(MARCH + INSTANT)
        assert not PeriodClose.objects.exists()
        close()
    assert closed_until() == MARCH


@pytest.mark.django_db
def test_closing_again_returns_what_stands() -> None:
    first = close()
    assert close().pk == first.pk
    assert close(at("2026-02-01")).pk == first.pk
    assert close(APRIL).pk != first.pk
    assert closed_until() == APRIL


@pytest.mark.django_db
def test_only_finance_closes() -> None:
    for role in ("finance_approver", "admin", "auditor", "support", "compliance"):
        with pytest.raises(PermissionMissing):
            close_period(actor=Actor.of(person(role)), until=MARCH, reason="x")
    assert not PeriodClose.objects.exists()
    close_period(actor=Actor.of(person("finance")), until=MARCH, reason="x")
    assert closed_until() == MARCH


@pytest.mark.django_db
def test_reopening_takes_two_and_only_the_newest(customer: Any, staff: Any) -> None:
    first, second = close(), close(APRIL)
    owner = Actor.of(staff)
    with pytest.raises(errors.PeriodNotClosed):
        ask_to_reopen_period(actor=owner, period_id=first.pk, reason="x")
    request = ask_to_reopen_period(actor=owner, period_id=second.pk, reason="a bill came late")
    with pytest.raises(approvals.MakerCannotCheck):
        approve(staff, request)
    assert closed_until() == APRIL
    approve(person("finance_approver"), request)
    assert closed_until() == MARCH
    deposit(customer, "1", "march", effective_at=MARCH)
    again = close(APRIL)
    assert (again.pk != second.pk, closed_until()) == (True, APRIL)


@pytest.mark.django_db
def test_a_request_about_an_older_line_does_not_take_effect(staff: Any) -> None:
    request = ask_to_reopen_period(actor=Actor.of(staff), period_id=close().pk, reason="x")
    close(APRIL)
    with pytest.raises(errors.PeriodNotClosed):
        approve(person("finance_approver"), request)
    assert closed_until() == APRIL
    assert not request.votes.exists()


def alpha() -> str:
    return get_tenant("alpha").schema


def others_wait() -> bool:
    """Whether some connection waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        found: Any = cursor.fetchone()
    return bool(found[0])


def in_thread(work: Any) -> tuple[threading.Thread, list[Any]]:
    """Run `work` on a connection of its own; return the thread and what came of it."""
    came: list[Any] = []

    def run() -> None:
        try:
            with in_schema(alpha()):
                came.append(work())
        except Exception as error:  # noqa: BLE001 - the test looks at it
            came.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, came


def wait_until_blocked(thread: threading.Thread) -> None:
    """Return when the thread waits for the lock; fail when it ends instead."""
    while not others_wait():
        assert thread.is_alive()


@pytest.mark.real_commit
@pytest.mark.parametrize("gives_up", [False, True])
def test_a_close_waits_for_a_back_dated_posting_under_way(real_db: Any, gives_up: bool) -> None:
    with in_schema(alpha()):
        user = make_customer("ann@example.test")
        journal = deposit_journal(
            key="late", holder_id=user.pk, asset="USDT", amount=D(1), effective_at=MARCH - INSTANT
        )
        with transaction.atomic():
            post_many(actor=SYSTEM, journals=[journal])
            thread, came = in_thread(close)
            wait_until_blocked(thread)
            if gives_up:
                transaction.set_rollback(True)
        thread.join(60)
        assert [type(one) for one in came] == [PeriodClose]
        assert Journal.objects.filter(key="late").exists() is not gives_up
        assert closed_until() == MARCH


@pytest.mark.real_commit
@pytest.mark.parametrize("gives_up", [False, True])
def test_a_back_dated_posting_waits_for_a_close_under_way(real_db: Any, gives_up: bool) -> None:
    with in_schema(alpha()):
        user = make_customer("ann@example.test")
        with transaction.atomic():
            close()
            thread, came = in_thread(lambda: deposit(user, "1", "late", effective_at=MARCH - INSTANT))
            wait_until_blocked(thread)
            if gives_up:
                transaction.set_rollback(True)
        thread.join(60)
        if gives_up:
            assert [type(one) for one in came] == [Journal]
            assert closed_until() is None
        else:
            assert [type(one) for one in came] == [errors.PeriodClosed]
            assert not Journal.objects.exists()
            assert not Account.objects.exclude(version=0).exists()


@pytest.mark.real_commit
def test_postings_of_now_do_not_wait_for_a_close(real_db: Any) -> None:
    with in_schema(alpha()):
        user = make_customer("ann@example.test")
        with transaction.atomic():
            close()
            thread, came = in_thread(lambda: deposit(user, "1", "now"))
            thread.join(30)
            assert [type(one) for one in came] == [Journal]
        assert now() > MARCH
