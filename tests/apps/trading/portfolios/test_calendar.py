"""The profit calendar: exact sums, days by the reader's clock, 23 and 25 hours where clocks change."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from apps.trading.portfolios.calendar import read_calendar, zone_of
from apps.trading.portfolios.errors import PeriodInvalid, ZoneUnknown
from apps.trading.positions.models import Position
from kernel.portfolio import Period, day_span, days_of, hours_of, month_span, name_of

pytestmark = pytest.mark.django_db
BERLIN = "Europe/Berlin"


def test_days_where_clocks_change_have_23_and_25_hours():
    zone = ZoneInfo(BERLIN)
    spring, autumn = hours_of(date(2026, 3, 29), zone), hours_of(date(2026, 10, 25), zone)
    assert (len(spring), len(autumn)) == (23, 25)
    assert [span.name[11:] for span in autumn[1:5]] == ["01 +0200", "02 +0200", "02 +0100", "03 +0100"]
    assert "2026-03-29 02 +0100" not in {span.name for span in spring}
    half = hours_of(date(2026, 4, 5), ZoneInfo("Australia/Lord_Howe"))  # half an hour longer
    assert sum((span.end - span.start for span in half), timedelta()) == timedelta(hours=24, minutes=30)


@pytest.mark.parametrize("name", ["UTC", BERLIN, "America/New_York", "Asia/Kathmandu", "America/Santiago"])
def test_spans_cover_time_without_gap(name):
    zone = ZoneInfo(name)
    months = [month_span(2026, month, zone) for month in range(1, 13)]
    days = [span for month in range(1, 13) for span in days_of(2026, month, zone)]
    hours = [span for day in range(1, 31) for span in hours_of(date(2026, 9, day), zone)]
    for spans in (months, days, hours):
        assert all(one.end == other.start for one, other in pairwise(spans))
        period = {12: Period.MONTH, 365: Period.DAY}.get(len(spans), Period.HOUR)
        for span in spans:
            assert name_of(span.start, zone, period) == span.name
            assert name_of(span.end - timedelta(seconds=1), zone, period) == span.name
    assert day_span(date(2026, 1, 1), zone).start == months[0].start


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_calendar_is_the_realised_result_in_every_zone(ground, seed):
    source = random.Random(seed)
    start = datetime(2025, 12, 31, 10, tzinfo=UTC)
    for _ in range(60):
        at = start + timedelta(minutes=source.randrange(0, 60 * 24 * 368))
        side, price = source.choice(["buy", "sell"]), str(Decimal(source.randrange(5_000, 15_000)) / 100)
        quantity = str(Decimal(source.randrange(1, 999)) / 1000)
        fee, asset = source.choice([("0.013", "USDT"), ("0.0001", "BTC"), ("0.01", "BNB"), ("0", "USDT")])
        ground.fill(side, quantity, price, fee=fee, fee_asset=asset, at=at)
    position = Position.objects.get(book=ground.book)
    whole = position.realised_fifo - position.fees
    for zone in ("UTC", BERLIN, "Asia/Kathmandu"):
        years = [read_calendar(ground.owner.pk, at=str(year), zone=zone) for year in (2025, 2026, 2027)]
        assert sum(found.total for found in years) == whole
        assert sum(found.fills for found in years) == 60
        for cell in years[1].cells:
            month = read_calendar(ground.owner.pk, at=cell.span.name, zone=zone)
            assert month.total == cell.result == sum(day.result for day in month.cells)
        busiest = max(month.cells, key=lambda day: day.fills)
        day = read_calendar(ground.owner.pk, at=busiest.span.name, zone=zone)
        assert (day.total, day.fills) == (busiest.result, busiest.fills)


def test_a_fill_at_midnight_stands_on_the_readers_day(ground):
    ground.fill("buy", "1", "100", at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    ground.fill("sell", "1", "110", fee="0.11", at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    by = {cell.span.name: cell.result for cell in read_calendar(ground.owner.pk, at="2026-03", zone="UTC").cells}
    assert (by["2026-03-09"], by["2026-03-10"]) == (Decimal("9.89"), 0)
    by = {cell.span.name: cell.result for cell in read_calendar(ground.owner.pk, at="2026-03", zone=BERLIN).cells}
    assert (by["2026-03-09"], by["2026-03-10"]) == (0, Decimal("9.89"))
    row = ground.portfolio("None of it")
    assert read_calendar(ground.owner.pk, at="2026-03", zone="UTC", portfolio_id=row.pk).total == 0


@pytest.mark.parametrize("at", ["", "26", "1999", "2026-13", "2026-02-30", "2026-1-1-1", "x", "2026-", "٢٠٢٦"])
def test_odd_periods_are_refused(ground, at):
    with pytest.raises(PeriodInvalid):
        read_calendar(ground.owner.pk, at=at, zone="UTC")
    with pytest.raises(ZoneUnknown):
        read_calendar(ground.owner.pk, at="2026", zone="Mars/Olympus")


def test_pages_and_api_show_it(ground, customer, other_customer, web, api):
    ground.fill("buy", "1", "100", at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    ground.fill("sell", "1", "110", fee="0.11", at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    browser = web(customer)
    assert browser.post("/calendar/?at=2026-03", {"zone": BERLIN}).status_code == 302
    browser.post("/calendar/", {"zone": "Nowhere"})
    assert zone_of(customer.pk) == BERLIN
    for at in ("2026", "2026-03", "2026-03-10"):
        page = browser.get(f"/calendar/?at={at}").content.decode()
        assert "+9.89" in page
        assert BERLIN in page
    assert browser.get("/calendar/").status_code == 200
    assert browser.get("/calendar/?at=2026-99").status_code == 422
    found = api(customer).get("/api/v1/calendar?at=2026-03").json()
    assert (found["zone"], found["total"], found["fills"]) == (BERLIN, "9.89", 2)
    assert [row["name"] for row in found["cells"] if row["result"] != "0"] == ["2026-03-10"]
    assert api(other_customer).get("/api/v1/calendar?at=2026-03").json()["total"] == "0"
    assert api(customer).get("/api/v1/calendar?at=0000").status_code == 422
