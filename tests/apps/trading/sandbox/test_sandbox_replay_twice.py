"""The same seed and the same inputs, twice: the same trade ids, balances, events and snapshot."""

import json
import random
from typing import Any

import pytest

from apps.trading.sandbox.exchange.candles import Recording
from apps.trading.sandbox.exchange.engine import BalanceEvent, Event, ListEvent, TapeEvent
from apps.trading.sandbox.exchange.errors import ApiError
from apps.trading.sandbox.exchange.snapshot import dump_state
from apps.trading.sandbox.exchange.usdm.events import UsdmEvent
from tests.apps.trading.sandbox.engine_bench import (
    START,
    Bench,
    admitted,
    check_books,
    random_request,
)

COMMANDS = 400


def text_of(event: Event) -> str:
    """What an event says, without the account it belongs to."""
    if isinstance(event, TapeEvent):
        return f"{event.symbol} {event.trade}"
    if isinstance(event, ListEvent):
        return f"list {event.order_list}"
    if isinstance(event, BalanceEvent):
        return f"{event.account.id} {event.account.free} {event.account.locked} {event.assets}"
    if isinstance(event, UsdmEvent):
        return f"contracts {event.message}"
    return f"{event.execution} {event.order} {event.trade} {event.prevented} {event.cancel_client_id}"


def play(recording: Recording, seed: int) -> tuple[Bench, list[str]]:
    """Orders of every kind between market moves; every event as text."""
    bench, choices, events = Bench(recording, accounts=4), random.Random(seed), []
    bench.apply({"k": "fees", "account": 3, "maker": 10**5, "taker": 10**5, "asset": "BTC", "discount": 10**7})
    bench.engine.listener = lambda event: events.append(text_of(event))
    for _ in range(COMMANDS):
        if choices.random() < 0.2:
            bench.move(choices.randint(1, 40))
            continue
        account = bench.account(choices.randint(1, 4))
        kind, params = random_request(choices, bench.engine, account)
        try:
            record = admitted(bench.engine, account, kind, params, START + len(bench.records))
        except ApiError:
            continue
        bench.apply(record)
    return bench, events


def results(bench: Bench) -> Any:
    accounts = bench.engine.state.accounts.values()
    trades = [[trade.id for each in account.trades.values() for trade in each] for account in accounts]
    return trades, [(account.free, account.locked) for account in accounts], bench.engine.state.totals


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_equal_inputs_give_equal_trades_balances_and_events(recording: Recording, seed: int) -> None:
    (first, first_events), (second, second_events) = play(recording, seed), play(recording, seed)
    assert results(first) == results(second)
    assert sum(len(trades) for trades in results(first)[0]) > 100
    assert first_events == second_events
    assert first.records == second.records
    check_books(first.engine)


@pytest.mark.parametrize("seed", [4, 5])
def test_the_journal_alone_gives_the_same_state_as_the_run(recording: Recording, seed: int) -> None:
    played, _ = play(recording, seed)
    replayed = Bench(recording)
    for record in played.records:
        replayed.engine.apply(record)
    assert results(replayed) == results(played)
    assert replayed.engine.digest() == played.engine.digest()
    for bench in (played, replayed):
        bench.engine.withdraw_quotes()
    dumps = [json.dumps(dump_state(bench.engine.state)) for bench in (played, replayed)]
    assert dumps[0] == dumps[1]
