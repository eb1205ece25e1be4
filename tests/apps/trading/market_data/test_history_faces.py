"""Files of candles, gaps and syncs over the API, and the desks of staff."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest

from apps.core.actors import Actor
from apps.trading.exchanges.operations import seed_venues
from apps.trading.instruments.operations import seed_instruments
from apps.trading.market_data import exports, queries
from apps.trading.market_data.models import CandleChunk, CandleTail, HistorySync
from apps.trading.market_data.operations import import_candles, receive_candles
from tests.apps.platform.identity import verified
from tests.apps.trading.market_data.test_quarantine import spiked
from tests.factories.candles import FIVE, START, make_bars, same, store

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")


@pytest.fixture(autouse=True)
def _market():
    seed_instruments()
    seed_venues()


def export(**more) -> bytes:
    wanted = exports.plan_export(symbol="BTCUSDT", interval="5m", **more)
    return b"".join(exports.encode(wanted))


def test_a_csv_has_exact_decimals_and_can_be_imported_again(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 700)
    bars = make_bars(2_345)
    store(bars)
    text = export(form="csv").decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2_345
    _, opened, *_, volume = next(bars.rows())
    assert (int(rows[0]["ts"]), Decimal(rows[0]["open"]) * 100, Decimal(rows[0]["volume"]) * 10**8) == (
        START,
        opened,
        volume,
    )
    path = tmp_path / "ETHUSDT_5m_again.csv"
    path.write_text(text)
    assert import_candles(actor=ACTOR, path=path).stored.added == 2_345
    assert same(queries.load_bars("ETHUSDT", "5m"), bars)


def test_an_arrow_stream_has_moments_and_decimals():
    bars = make_bars(1_500)
    store(bars)
    table = pa.ipc.open_stream(export(form="arrow", start=START + FIVE, end=START + 9 * FIVE)).read_all()
    assert table.schema.field("ts").type == pa.timestamp("ms", tz="UTC")
    assert table.column("ts").cast(pa.int64()).to_pylist() == bars.ts[1:10].tolist()
    assert table.column("close").to_pylist() == [Decimal(ticks) / 100 for ticks in bars.close[1:10].tolist()]


def test_an_empty_file_has_its_columns():
    assert export(form="csv") == b"ts,open,high,low,close,volume\n"


def test_the_api_streams_and_refuses_too_much(customer, api):
    store(make_bars(10))
    browser = api(customer)
    answer = browser.get("/api/v1/candles/export", {"symbol": "BTCUSDT", "interval": "5m", "form": "arrow"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.apache.arrow.stream"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="BTCUSDT_5m_{START}.arrows"'
    store(make_bars(1, start=START + 1_000_000 * FIVE))
    refused = browser.get("/api/v1/candles/export", {"symbol": "BTCUSDT", "interval": "5m"})
    assert (refused.status_code, refused.json()["code"]) == (422, "market_data.export_too_large")
    wrong = {"symbol": "BTCUSDT", "interval": "5m", "start": 5, "end": 4}
    assert browser.get("/api/v1/candles/export", wrong).status_code == 422
    assert browser.get("/api/v1/candles/export", {"symbol": "NOPE", "interval": "5m"}).status_code == 404


def test_gaps_over_the_api(customer, api):
    bars = make_bars(50)
    store(bars[:20])
    store(bars[30:])
    body = api(customer).get("/api/v1/candles/gaps", {"symbol": "BTCUSDT", "interval": "5m"}).json()
    gap = {"start_ms": START + 20 * FIVE, "end_ms": START + 29 * FIVE, "missing": 10, "is_known": False}
    assert body == {"total": 1, "results": [gap]}


WANTED = {
    "venue": "sandbox",
    "symbol": "BTCUSDT",
    "interval": "5m",
    "start": "2024-05-01T00:00:00Z",
    "end": "2024-06-01T00:00:00Z",
}


def test_customers_have_no_business_with_syncs(customer, api):
    browser = api(customer)
    assert browser.get("/api/v1/history-syncs").status_code == 403
    assert (
        browser.post(
            "/api/v1/history-syncs", WANTED, format="json", headers={"Idempotency-Key": str(uuid4())}
        ).status_code
        == 403
    )
    assert not HistorySync.objects.exists()


def test_a_sync_is_started_seen_and_cancelled_over_the_api(staff, api):
    browser = api(staff)
    key = str(uuid4())
    made = browser.post("/api/v1/history-syncs", WANTED, format="json", headers={"Idempotency-Key": key})
    assert made.status_code == 201
    again = browser.post("/api/v1/history-syncs", WANTED, format="json", headers={"Idempotency-Key": key})
    assert again.json() == made.json()
    url = f"/api/v1/history-syncs/{made.json()['id']}"
    seen = browser.get(url).json()
    assert (seen["state"], seen["percent"], seen["venue"]) == ("queued", 0, "sandbox")
    assert browser.get("/api/v1/history-syncs").json()["results"][0]["id"] == seen["id"]
    other = browser.post("/api/v1/history-syncs", WANTED, format="json", headers={"Idempotency-Key": str(uuid4())})
    assert (other.status_code, other.json()["code"]) == (409, "market_data.sync_open")
    ended = browser.post(f"{url}/cancel", format="json", headers={"Idempotency-Key": str(uuid4())})
    assert ended.json()["state"] == "cancelled"
    assert browser.get(f"/api/v1/history-syncs/{uuid4()}").status_code == 404


def test_compact_and_plain_chunks_are_read_alike():
    bars = make_bars(3_000)
    store(bars[:40])
    store(bars[60:])
    sizes = sorted(len(bytes(payload)) for payload in CandleChunk.objects.values_list("payload", flat=True))
    assert sizes[0] < sizes[-1] / 2  # the slot with the gap is in plain columns
    store(bars[40:60])
    assert CandleTail.objects.count() == 0
    assert same(queries.load_bars("BTCUSDT", "5m"), bars)


def test_the_monitor_lists_scores_and_what_is_held(staff):
    receive_candles(actor=ACTOR, symbol="BTCUSDT", interval="5m", bars=spiked(make_bars(400), 398))
    browser = verified(staff)
    monitor = browser.get("/admin/market_data/streamquality/")
    assert monitor.status_code == 200
    assert "1 spike" in monitor.content.decode()
    held = browser.get("/admin/market_data/quarantinedcandle/")
    assert "spike" in held.content.decode()
    desk = browser.get("/admin/").content.decode()
    assert "Candles in quarantine" in desk
    assert browser.get("/admin/market_data/historysync/").status_code == 200


def test_staff_starts_and_cancels_a_sync_by_buttons(staff):
    browser = verified(staff)
    form = {**WANTED, "start": "2024-05-01T00:00", "end": "2024-06-01T00:00", "reason": "a new chart"}
    answer = browser.post("/admin/market_data/historysync/do/start/", form)
    assert answer.status_code == 302
    sync = HistorySync.objects.get()
    assert (sync.state, sync.interval) == ("queued", "5m")
    browser.post(f"/admin/market_data/historysync/{sync.pk}/do/cancel/", {"reason": "not now"})
    sync.refresh_from_db()
    assert sync.state == "cancelled"
