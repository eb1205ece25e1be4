"""Screening: the strictest verdict counts, and doubt is a hold."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from apps.compliance.limits.choices import Outcome, Verb
from apps.compliance.limits.models import ScreeningThreshold
from apps.compliance.limits.operations import ScreeningRequest, Verdict, register_screening, screen
from apps.core.errors import Defect
from apps.core.ids import uuid7

pytestmark = pytest.mark.django_db


class Always:
    """A screening of one opinion."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def screen(self, request: ScreeningRequest) -> Verdict:
        return self.verdict


class Broken:
    """A screening that leaves its transaction broken."""

    def screen(self, request: ScreeningRequest) -> Verdict:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return Verdict(Outcome.PASS)


@pytest.fixture
def others():
    """Register screenings for one test."""
    taken = []

    def add(name, screening):
        taken.append(register_screening(name, screening))

    yield add
    for withdraw in taken:
        withdraw()


def request(amount: str = "100", asset: str = "USDT") -> ScreeningRequest:
    return ScreeningRequest(
        owner_id=uuid7(),
        verb=Verb.WITHDRAW,
        asset=asset,
        amount=Decimal(amount),
        destination_kind="address",
        destination="bc1q",
        destination_age=timedelta(days=3),
        is_new_device=False,
        key="w1",
    )


@pytest.mark.parametrize(
    ("amount", "outcome", "code"),
    [
        ("99.999999999999999999", "pass", ""),
        ("100", "pass", ""),
        ("100.000000000000000001", "hold", "limits.above_threshold"),
    ],
)
def test_above_the_threshold_a_person_looks(amount, outcome, code):
    ScreeningThreshold.objects.create(asset="USDT", amount=Decimal(100))
    assert screen(request(amount)) == Verdict(Outcome(outcome), code, "limits.threshold")


def test_an_asset_without_a_threshold_is_always_looked_at():
    ScreeningThreshold.objects.create(asset="USDT", amount=Decimal(100))
    assert screen(request("0.000001", "DOGE")) == Verdict(Outcome.HOLD, "limits.no_threshold", "limits.threshold")


def test_the_strictest_verdict_counts(others):
    ScreeningThreshold.objects.create(asset="USDT", amount=Decimal(100))
    others("tests.easy", Always(Verdict(Outcome.PASS)))
    assert screen(request()).outcome is Outcome.PASS
    others("tests.careful", Always(Verdict(Outcome.HOLD, "tests.doubt")))
    assert screen(request()) == Verdict(Outcome.HOLD, "tests.doubt", "tests.careful")
    others("tests.strict", Always(Verdict(Outcome.REJECT, "tests.listed")))
    others("tests.late", Always(Verdict(Outcome.HOLD, "tests.late")))
    assert screen(request("1000")) == Verdict(Outcome.REJECT, "tests.listed", "tests.strict")


def test_a_screening_that_fails_holds_and_breaks_nothing(others):
    ScreeningThreshold.objects.create(asset="USDT", amount=Decimal(100))
    others("tests.broken", Broken())
    assert screen(request()) == Verdict(Outcome.HOLD, "limits.screening_failed", "tests.broken")
    assert ScreeningThreshold.objects.count() == 1


def test_a_name_is_taken_once(others):
    others("tests.one", Always(Verdict(Outcome.PASS)))
    with pytest.raises(Defect):
        register_screening("tests.one", Always(Verdict(Outcome.PASS)))
