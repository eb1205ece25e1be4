"""Alerts on the result of a day: told once for each day and crossing, of portfolios and bots, by a person's clock."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.core.clock import freeze
from apps.platform.notifications.models import InboxItem
from apps.trading.portfolios import operations
from apps.trading.portfolios.errors import AlertExists, AlertInvalid, AlertMissing
from apps.trading.portfolios.models import ResultAlert
from apps.trading.portfolios.operations import look_at_result, sample_portfolio, set_result_alert
from apps.trading.portfolios.tasks import look_at_results
from apps.trading.positions.errors import BookMissing
from tests.apps.trading.portfolios.ground import SYSTEM, D, whose
from tests.factories.prices import say_price

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)


def told() -> list[str]:
    return [row.params["what"] for row in InboxItem.objects.filter(topic="portfolios.day_result").order_by("id")]


@pytest.fixture
def row(ground, customer):
    """10,000 USDT in all, half of it 50 BTC at 100, noted just after midnight."""
    with freeze(datetime(2026, 3, 2, 0, 1, tzinfo=UTC)):
        say_price("BTCUSDT", D(100))
        ground.fund(USDT="5000", BTC="50")
        found = operations.open_defaults(actor=ground.actor, owner_id=customer.pk)[0]
        sample_portfolio(actor=SYSTEM, portfolio_id=found.pk)
    return found


def at(moment: datetime, btc: str) -> list[str]:
    """Let the beat look at a moment with a price; return all that was told so far."""
    with freeze(moment):
        say_price("BTCUSDT", D(btc))
        look_at_results({})
    return told()


def test_each_crossing_is_told_once_a_day(ground, row):
    alert = set_result_alert(**whose(ground), bound=D(500), portfolio_id=row.pk)
    assert at(MORNING, "109") == []
    assert at(MORNING, "110") == ["+500.00 USDT today, beyond +500 USDT."]
    assert len(at(MORNING + timedelta(minutes=1), "130")) == 1, "the same day, the same way"
    assert at(MORNING + timedelta(hours=1), "80")[1:] == ["−1,000.00 USDT today, beyond −500 USDT."]
    assert len(at(MORNING + timedelta(hours=2), "120")) == 2
    with freeze(datetime(2026, 3, 3, 0, 0, 30, tzinfo=UTC)):
        say_price("BTCUSDT", D(120))
        sample_portfolio(actor=SYSTEM, portfolio_id=row.pk)
    assert len(at(MORNING + timedelta(days=1), "121")) == 2, "a new day begins at nothing"
    assert at(MORNING + timedelta(days=1), "131")[2:] == ["+550.00 USDT today, beyond +500 USDT."]
    with freeze(MORNING + timedelta(days=1)):
        say_price("BTCUSDT", D(131))
        assert not look_at_result(actor=SYSTEM, alert_id=alert.pk)


def test_a_day_is_of_the_persons_clock_and_deposits_are_no_gain(ground, row, customer):
    operations.choose_zone(**whose(ground), zone="America/New_York")
    set_result_alert(**whose(ground), bound=D(500), portfolio_id=row.pk)
    early = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)  # 23:30 of 1 March in New York
    assert len(at(early, "111")) == 1
    alert = ResultAlert.objects.get()
    assert f"{alert.gain_told_on}" == "2026-03-01"
    own = ground.portfolio("Own", ground.book)
    with freeze(MORNING):
        say_price("BTCUSDT", D(100))
        sample_portfolio(actor=SYSTEM, portfolio_id=own.pk)
        wish = operations.FlowWish(asset="USDT", quantity=D(9000), is_deposit=True, note="")
        operations.record_flow(**whose(ground), portfolio_id=own.pk, wish=wish)
        mine = set_result_alert(**whose(ground), bound=D(1), portfolio_id=own.pk)
        assert not look_at_result(actor=SYSTEM, alert_id=mine.pk)


def test_a_bots_result_is_what_its_book_realised(ground):
    book = ground.open_book(uuid4())
    alert = set_result_alert(**whose(ground), bound=D("9.5"), book_id=book.pk)
    with freeze(MORNING):
        ground.fill("buy", "1", "100", book=book)
        ground.fill("sell", "0.5", "118", book=book, fee="0.4")
        assert not look_at_result(actor=SYSTEM, alert_id=alert.pk)
        ground.fill("sell", "0.1", "110", book=book, fee="0.1")
        assert look_at_result(actor=SYSTEM, alert_id=alert.pk)
    assert told() == ["+9.50 USDT today, beyond +9.5 USDT."]
    with freeze(MORNING + timedelta(days=1)):
        assert not look_at_result(actor=SYSTEM, alert_id=alert.pk)


def test_what_is_no_alert_is_refused(ground, row, other_customer):
    for wrong in ({"portfolio_id": row.pk, "book_id": ground.book.pk}, {}, {"book_id": ground.book.pk}):
        with pytest.raises(AlertInvalid):
            set_result_alert(**whose(ground), bound=D(5), **wrong)
    for bound in (D(0), D(-1), D("NaN"), D("1.001")):
        with pytest.raises(AlertInvalid):
            set_result_alert(**whose(ground), bound=bound, portfolio_id=row.pk)
    with pytest.raises(BookMissing):
        set_result_alert(**whose(ground), bound=D(5), book_id=uuid4())
    made = set_result_alert(**whose(ground), bound=D(5), portfolio_id=row.pk)
    with pytest.raises(AlertExists):
        set_result_alert(**whose(ground), bound=D(5), portfolio_id=row.pk)
    with pytest.raises(AlertMissing):
        operations.remove_result_alert(actor=SYSTEM, owner_id=other_customer.pk, alert_id=made.pk)


def test_page_and_api_set_show_and_remove(ground, row, customer, other_customer, web, api):
    browser, client, page = web(customer), api(customer), "/portfolios/alerts/"
    assert browser.post(page, {"subject": f"portfolio:{row.pk}", "bound": "0"}).status_code == 422
    assert browser.post(page, {"subject": f"portfolio:{uuid4()}", "bound": "5"}).status_code == 422
    assert browser.post(page, {"subject": f"portfolio:{row.pk}", "bound": "250.5"})["Location"] == page
    (shown,) = browser.get(page).context["page"].rows
    assert (shown.name, shown.bound, shown.told) == (row.name, "± 250.5 USDT", "")
    assert client.post("/api/v1/portfolio-alerts", {"bound": "0"}, format="json").status_code == 422
    made = client.post("/api/v1/portfolio-alerts", {"portfolio_id": str(row.pk), "bound": "9"}, format="json")
    assert (made.status_code, made.json()["bound"], made.json()["name"]) == (201, "9", row.name)
    assert len(client.get("/api/v1/portfolio-alerts").json()) == 2
    theirs = api(other_customer)
    assert theirs.get("/api/v1/portfolio-alerts").json() == []
    assert theirs.delete(f"/api/v1/portfolio-alerts/{made.json()['id']}").status_code == 404
    assert client.delete(f"/api/v1/portfolio-alerts/{made.json()['id']}").status_code == 204
    assert web(other_customer).get(page).context["page"].rows == []
    assert browser.post(page, {"action": "remove", "alert_id": shown.id})["Location"] == page
    assert not ResultAlert.objects.exists()
