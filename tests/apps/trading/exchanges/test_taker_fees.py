"""What exchanges publish as their taker fee: from their markets as read last, else from what the library names."""

import json
from decimal import Decimal

import pytest

from apps.core.actors import Actor
from apps.trading.exchanges.catalogue.fees import FEES_FILE, base_taker_fee, declared_taker_fees
from apps.trading.exchanges.errors import VenueUnknown
from apps.trading.exchanges.operations import seed_venues
from apps.trading.exchanges.operations.markets import record_markets
from apps.trading.exchanges.queries import get_venue, published_taker_fee


def test_the_file_is_what_the_library_names():
    assert json.loads(FEES_FILE.read_text()) == declared_taker_fees()
    assert base_taker_fee("kraken") == Decimal("0.0026")
    assert base_taker_fee("nowhere") is None


@pytest.mark.django_db
def test_what_the_markets_say_comes_before_the_first_tier():
    seed_venues()
    assert published_taker_fee("sandbox", "BTC/USDT") == Decimal("0.001")
    markets = {"BTC/USDT": {"symbol": "BTC/USDT", "taker": 0.00075}, "ETH/USDT": {"symbol": "ETH/USDT", "taker": None}}
    record_markets(actor=Actor.system("test"), venue=get_venue("sandbox"), markets=markets)
    assert published_taker_fee("sandbox", "BTC/USDT") == Decimal("0.00075")
    assert published_taker_fee("sandbox", "ETH/USDT") == Decimal("0.001")
    with pytest.raises(VenueUnknown):
        published_taker_fee("nowhere", "BTC/USDT")
