"""The frame of customer pages, and the filters that write numbers in it."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import RequestFactory

from apps.core import shell
from apps.core.templatetags.ui import amount, signed, trimmed


def test_large_amounts_are_written_to_the_last_digit() -> None:
    most = Decimal("12345678901234567890123456789012345678.123456789012345678")
    assert amount(most, 18) == "12,345,678,901,234,567,890,123,456,789,012,345,678.123456789012345678"
    assert trimmed(most.copy_negate(), 20) == "−12,345,678,901,234,567,890,123,456,789,012,345,678.123456789012345678"


def test_halves_go_to_the_even_neighbour_and_zero_has_no_sign() -> None:
    assert [amount(text) for text in ("0.125", "0.135", "-0.001", None)] == ["0.12", "0.14", "0.00", "–"]
    assert [signed(text) for text in ("2.5", "-2.5", "0")] == ["+2.50", "−2.50", "0.00"]


@pytest.mark.django_db
def test_a_phone_has_four_places_the_wallet_among_them(customer: Any, tenant_a: Any) -> None:
    request: Any = RequestFactory().get("/")
    request.user, request.tenant = customer, tenant_a
    frame = shell.context(request)["shell"]
    assert [item.key for item in frame.phone_nav] == ["home", "markets", "bots", "wallet"]
    assert (frame.mode, frame.mode_text) == ("paper", shell.PAPER_TEXT)
    request.shell_mode = "live"
    frame = shell.context(request)["shell"]
    assert (frame.mode, frame.mode_text, frame.mode_account) == ("live", shell.LIVE_TEXT, "")
