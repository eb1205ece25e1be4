"""Ids of our orders in the forms of ten exchanges: within the form, never the same twice, and found again."""

import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.ids import uuid7
from apps.trading.exchanges.catalogue.venues import TESTED
from apps.trading.exchanges.choices import IdStyle
from apps.trading.exchanges.gateways.client_ids import from_venue, to_venue
from apps.trading.orders.client_ids import client_id_of_bot, client_id_of_order

FORMS = {
    "binance": r"[.A-Z:/a-z0-9_-]{1,36}",
    "bybit": r"[A-Za-z0-9_-]{1,36}",
    "okx": r"[A-Za-z0-9]{1,32}",
    "kraken": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "coinbase": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "kucoin": r"[A-Za-z0-9_-]{1,40}",
    "bitget": r"[.A-Z:/a-z0-9_-]{1,50}",
    "gate": r"[0-9A-Za-z_.-]{1,28}",
    "htx": r"[A-Za-z0-9_-]{1,64}",
    "mexc": r"[A-Za-z0-9_-]{1,32}",
}
uuids = st.uuids() | st.builds(uuid7)
of_bots = st.builds(client_id_of_bot, uuids, st.integers(0, 36**6 - 1))
by_hand = st.builds(client_id_of_order, uuids)
of_others = st.builds(lambda letter, client_id: letter + client_id[1:], st.sampled_from("acrg"), of_bots)
ours = of_bots | by_hand | of_others
styles = pytest.mark.parametrize("style", IdStyle)


def test_every_tested_exchange_has_a_form():
    assert set(FORMS) == set(TESTED)


@pytest.mark.parametrize("name", TESTED)
@settings(max_examples=20)
@given(client_id=ours)
def test_an_id_has_the_form_of_the_exchange(name, client_id):
    ids = TESTED[name].client_ids
    assert ids is not None
    sent = to_venue(ids.style, client_id)
    assert re.fullmatch(FORMS[name], sent)
    assert len(sent) <= ids.longest
    assert sent == to_venue(ids.style, client_id)


@styles
@settings(max_examples=100)
@given(first=ours, second=ours)
def test_two_ids_never_become_one(style, first, second):
    assert (to_venue(style, first) == to_venue(style, second)) == (first == second)


@styles
def test_orders_of_one_bot_that_follow_each_other_differ(style):
    bot = uuid7()
    assert len({to_venue(style, client_id_of_bot(bot, number)) for number in range(1_000)}) == 1_000


@settings(max_examples=100)
@given(client_id=ours)
def test_what_is_packed_is_read_back(client_id):
    sent = to_venue(IdStyle.PACKED, client_id)
    assert not sent.startswith("t")  # the adapter would leave out the prefix
    assert from_venue(IdStyle.PACKED, sent) == from_venue(IdStyle.PACKED, f"t-{sent}") == client_id


@given(client_id=ours)
def test_a_uuid_tells_the_order_by_hand_and_is_silent_about_others(client_id):
    sent = to_venue(IdStyle.UUID, client_id)
    is_by_hand = client_id[0] == "m" and UUID(int=int(client_id[1:], 36)).version == 7
    assert UUID(sent).version == (8 if is_by_hand else 5)
    assert from_venue(IdStyle.UUID, sent) == (client_id if is_by_hand else None)


@styles
@given(text=st.text(max_size=40))
def test_what_others_call_their_orders_is_never_one_of_ours(style, text):
    found = from_venue(style, text)
    assert found is None or to_venue(style, found) in (text, text.removeprefix("t-"), text.lower())
