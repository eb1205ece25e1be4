"""Sessions of markets: weekends, daylight saving, holidays and short days."""

from datetime import UTC, datetime

import pytest

from kernel.instruments import HOURS

HOUR = 3_600_000
DAY = 24 * HOUR


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("code", "moment", "is_open"),
    [
        ("24x7", "2024-12-25T03:00", True),
        ("xnys", "2024-06-03T13:29", False),
        ("xnys", "2024-06-03T13:30", True),  # summer: UTC−4
        ("xnys", "2024-06-03T20:00", False),
        ("xnys", "2024-12-02T14:29", False),
        ("xnys", "2024-12-02T14:30", True),  # winter: UTC−5
        ("xnys", "2024-06-01T15:00", False),  # Saturday
        ("xnys", "2024-01-01T15:00", False),
        ("xnys", "2024-01-15T15:00", False),  # Martin Luther King
        ("xnys", "2024-02-19T15:00", False),
        ("xnys", "2024-03-29T15:00", False),  # Good Friday
        ("xnys", "2025-04-18T15:00", False),  # Good Friday
        ("xnys", "2024-05-27T15:00", False),
        ("xnys", "2024-06-19T15:00", False),
        ("xnys", "2024-07-04T15:00", False),
        ("xnys", "2026-07-03T15:00", False),  # the 4th is a Saturday
        ("xnys", "2024-09-02T15:00", False),
        ("xnys", "2024-11-28T15:00", False),
        ("xnys", "2024-11-29T17:59", True),  # short day
        ("xnys", "2024-11-29T18:00", False),
        ("xnys", "2024-12-24T18:00", False),
        ("xnys", "2024-12-25T15:00", False),
        ("xnys", "2022-12-26T15:00", False),  # Christmas on a Sunday
        ("xnys", "2021-12-31T15:00", True),  # New Year on a Saturday is not kept
        ("xnys", "2023-01-02T15:00", False),  # New Year on a Sunday is
        ("forex", "2024-06-02T20:59", False),
        ("forex", "2024-06-02T21:00", True),  # Sunday 17:00 in New York
        ("forex", "2024-06-05T03:00", True),
        ("forex", "2024-06-07T20:59", True),
        ("forex", "2024-06-07T21:00", False),
        ("forex", "2024-01-07T21:30", False),  # winter: 22:00
        ("forex", "2024-01-07T22:00", True),
        ("xtks", "2024-06-03T02:29", True),
        ("xtks", "2024-06-03T02:30", False),  # noon break
        ("xtks", "2024-06-03T03:30", True),
        ("xlon", "2024-06-03T07:00", True),
        ("xetr", "2024-06-03T15:30", False),
    ],
)
def test_open_or_closed(code: str, moment: str, is_open: bool) -> None:
    assert HOURS[code].is_open(ms(moment)) is is_open


def test_next_open_and_close() -> None:
    new_york, forex = HOURS["xnys"], HOURS["forex"]
    assert new_york.next_open(ms("2024-05-24T20:00")) == ms("2024-05-28T13:30")  # over a long weekend
    assert new_york.next_open(ms("2024-06-03T15:00")) == ms("2024-06-03T15:00")
    assert new_york.next_close(ms("2024-06-03T15:00")) == ms("2024-06-03T20:00")
    assert forex.next_close(ms("2024-06-03T15:00")) == ms("2024-06-07T21:00")
    assert HOURS["24x7"].next_close(ms("2024-06-03T15:00")) is None


def test_sessions_of_a_year() -> None:
    """New York traded on 252 days of 2024, on 250 of 2023, on 251 of 2022."""
    for year, days in ((2022, 251), (2023, 250), (2024, 252)):
        start, end = ms(f"{year}-01-01T12:00"), ms(f"{year + 1}-01-01T02:00")
        spans = list(HOURS["xnys"].sessions(start, end))
        assert len(spans) == days
        assert {closes - opens for opens, closes in spans} <= {HOUR * 13 // 2, HOUR * 7 // 2}
        assert spans == sorted(spans)
    week = list(HOURS["forex"].sessions(ms("2024-06-02T00:00"), ms("2024-06-09T00:00")))
    assert week == [(ms("2024-06-02T21:00"), ms("2024-06-07T21:00"))]
    assert next(iter(HOURS["24x7"].sessions(0, DAY)))[1] >= DAY
