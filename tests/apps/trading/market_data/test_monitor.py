"""What staff see of market data, and the lists of closed days and corporate actions that they keep."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.urls import reverse

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.trading.instruments.models import Instrument
from apps.trading.instruments.queries import get_instrument, is_open
from apps.trading.market_data import queries
from apps.trading.market_data.feed import records
from apps.trading.market_data.models import CorporateAction, MarketClosure
from apps.trading.market_data.operations import add_closure, remove_closure, take_lease
from apps.trading.market_data.operations.adjusting import seed_closures
from apps.trading.market_data.operations.lease import announce
from apps.trading.market_data.queries.gaps import CLOSURES
from config.admin import console
from tests.apps.platform.identity import verified
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")
ACTIONS = """symbol,ex_day,kind,numerator,denominator,amount
AAPL,2020-08-31,split,4,1,
AAPL,2020-08-07,dividend,,,0.82
"""


@pytest.fixture(autouse=True)
def _fresh():
    CLOSURES.forget_all()
    yield
    CLOSURES.forget_all()


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """Return a moment of UTC in Unix ms."""
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1_000)


def stock(symbol: str, hours: str) -> None:
    facts = {"min_quantity": Decimal(1), "max_quantity": Decimal(1_000_000), "min_notional": Decimal(0)}
    Instrument.objects.create(
        symbol=symbol, base=symbol, quote="USD", tick=Decimal("0.01"), lot=Decimal(1), asset_class="stock",
        hours=hours, **facts,
    )  # fmt: skip


@pytest.fixture
def operate(settings: Any):
    """Return a function (model, operation, fields) → (status, page, messages) as the platform's staff."""
    settings.ROOT_URLCONF = settings.PUBLIC_SCHEMA_URLCONF
    with in_schema(PUBLIC):
        operator = make_staff("otto@example.test", role="operator")

        def act(model: Any, name: str, **posted: Any) -> tuple[int, str, list[str]]:
            address = reverse(f"platform:market_data_{model._meta.model_name}_changelist")
            request: Any = RequestFactory().post(address, posted)
            request.user, request.session = operator, {}
            request._messages = FallbackStorage(request)
            answer: Any = console._registry[model].table_operation_view(request, name)
            page = answer.render().content.decode() if hasattr(answer, "render") else ""
            return answer.status_code, page, [str(message) for message in get_messages(request)]

        yield act


def test_the_monitor_shows_streams_feeds_quotas_and_caches(staff: Any, settings: Any) -> None:
    settings.TWELVE_DATA_KEY, settings.PRICE_PROVIDER = "key", "twelve_data"
    records.note_off_grid("kraken", "BTCUSDT", 1_234, 246_800)
    minute = timedelta(minutes=1)
    assert [announce("host:1", minute), announce("host:2", minute), announce("host:1", minute)] == [1, 2, 2]
    assert take_lease("market_data:sandbox:0/2", "host:2", minute) == 1
    page = verified(staff).get("/admin/market_data/streamquality/monitor/").content.decode()
    for words in (
        "Market data monitor",
        "kraken",
        "1,234",
        "Off the grid",
        "2 processes",
        "market_data:sandbox:0/2",
        "host:2",
        "0 of 800",
        "Caches",
        "Instruments",
    ):
        assert words in page
    outsider = verified(make_staff("carl@example.test", role="crm"))
    assert outsider.get("/admin/market_data/streamquality/monitor/").status_code == 404


def test_staff_import_corporate_actions_from_a_file(operate: Any) -> None:
    stock("AAPL", "xnys")
    file = SimpleUploadedFile("actions.csv", ACTIONS.encode())
    status, _, told = operate(CorporateAction, "import", file=file, reason="the year 2020")
    assert (status, told) == (302, ["Import a file: done."])
    found = list(CorporateAction.objects.order_by("ex_day").values_list("kind", "numerator", "amount", "source"))
    assert found == [("dividend", 1, Decimal("0.82"), "actions.csv"), ("split", 4, Decimal(0), "actions.csv")]
    assert queries.get_adjustment("AAPL") is not None
    wrong = SimpleUploadedFile("wrong.csv", ACTIONS.replace("4,1,", "four,1,").encode())
    status, page, _ = operate(CorporateAction, "import", file=wrong, reason="again")
    assert status == 200
    assert "numerator" in page
    assert "line 2" in page.lower()
    assert CorporateAction.objects.count() == 2


def test_holidays_are_rows_that_staff_keep(operate: Any) -> None:
    seed_closures()
    stock("VOD", "xlon")
    stock("TENC", "xhkg")
    vodafone, tencent = get_instrument("VOD"), get_instrument("TENC")
    assert is_open(vodafone, ms(2026, 8, 28, 9))
    assert not is_open(vodafone, ms(2026, 8, 31, 9))  # the summer bank holiday
    assert is_open(tencent, ms(2026, 2, 16, 2))
    assert not is_open(tencent, ms(2026, 2, 16, 4, 30))  # noon break
    assert not is_open(tencent, ms(2026, 2, 18, 2))  # Lunar New Year
    assert queries.calendar_of("xetr").count_opens(ms(2026, 12, 21), ms(2027, 1, 1), 86_400_000) == 6
    seeded = MarketClosure.objects.count()
    remove_closure(actor=STAFF, closure=MarketClosure.objects.get(calendar="xlon", day=date(2026, 8, 31)), reason="no")
    seed_closures()  # what staff changed stays
    CLOSURES.forget_all()
    assert is_open(vodafone, ms(2026, 8, 31, 9))
    assert MarketClosure.objects.count() == seeded - 1
    file = SimpleUploadedFile("days.csv", b"calendar,day,title\nxlon,2026-09-10,Mourning\nxnys,2026-09-11,Storm\n")
    assert operate(MarketClosure, "import", file=file, reason="told")[0] == 302
    CLOSURES.forget_all()
    assert not is_open(vodafone, ms(2026, 9, 10, 9))
    wrong = SimpleUploadedFile("days.csv", b"calendar,day,title\nxlon,10.9.2026,Mourning\n")
    status, page, _ = operate(MarketClosure, "import", file=wrong, reason="told")
    assert (status, "10.9.2026" in page) == (200, True)
    add_closure(actor=STAFF, calendar="xlon", day=date(2026, 9, 11), title="Mourning")
    assert MarketClosure.objects.count() == seeded + 2
