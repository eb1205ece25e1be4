"""Documents of version 2: stops that follow, time stops, sizes by risk, buying more, rests; history as a bot would."""

import json
from decimal import ROUND_CEILING, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.instruments import Side
from kernel.simulation import Costs, simulate
from kernel.strategy import Account, Moment, compile_strategy, decide_managed, decision_parameters, parse_document
from tests.kernel.market_samples import BTC, CROSS, bars_of, bundled, conditions, documents, wild_bars
from tests.kernel.test_simulation_equality import COSTS, fills_of, money, slipped

NEVER = {"kind": "lt", "left": {"kind": "price", "field": "high"}, "right": {"kind": "price", "field": "low"}}
ALWAYS = {"kind": "gte", "left": {"kind": "price", "field": "high"}, "right": {"kind": "price", "field": "low"}}
QUANTITY = {"kind": "fixed_quantity", "quantity": "1"}


def managed(**parts):
    base = {"version": 2, "name": "test", "timeframe": "1m", "entry": ALWAYS, "exit": NEVER, "sizing": QUANTITY}
    return parse_document({**base, **parts})


def run(closes, cash="1000", **parts):
    """(bar, reason) of each fill and the result."""
    result = simulate(bars_of(closes), compile_strategy(managed(**parts), BTC), BTC, Costs(), Decimal(cash))
    return [(fill.bar, str(fill.reason)) for fill in result.fills], result


def as_a_bot(bars, compiled, spec, costs, cash, restart_at=()):
    """The bot's path: one live strategy whose state goes through JSON, one decision a close, fills with Decimals."""
    live, order, fills, held, paid = compiled.live(), None, [], 0, 0
    cash, equity = int(cash * 10**8), []
    parameters = decision_parameters(compiled.document, spec)
    for index, row in enumerate(bars.rows()):
        if order is not None:
            ticks = slipped(row[1], order.side, costs)
            value = money(spec, order.lots, ticks, order.side)
            fee = int((value * costs.taker_fee).to_integral_value(ROUND_CEILING))
            buys = order.side.value == "buy"
            if not buys or value + fee <= cash:
                cash += -value - fee if buys else value - fee
                held, paid = (held + order.lots, paid + order.lots * ticks) if buys else (0, 0)
                fills.append((index, row[0], order.side, order.lots, ticks, fee, order.reason))
        signals = live.update(*row)
        average = int(Decimal(paid) / held + Decimal("0.5")) if held else 0
        account = Account(held, cash, average)
        equity.append(cash + money(spec, held, row[4], Side.SELL))
        order = decide_managed(
            compiled.document, parameters, live.memory, account, Moment(row[0], row[4], signals)
        ).intent
        if index in restart_at:
            live = compiled.live(json.loads(json.dumps(live.state(), allow_nan=False)))
    return fills, cash, equity


@st.composite
def managed_documents(draw):
    def maybe(*values):
        return draw(st.sampled_from([None, *values]))

    rule = {"condition": draw(conditions(depth=1)), "held_bars": maybe(2, 5), "profit_percent": maybe("0.5")}
    scale = {"condition": draw(conditions(depth=1)), "entries": 3, "bars_between": 2, "loss_percent": maybe("0.4")}
    base = draw(documents()).model_dump(mode="json")
    sizing = draw(
        st.sampled_from(
            [
                base["sizing"],
                {"kind": "risked_range", "risk_percent": "1", "bars": 5, "multiple": "1.5"},
                {"kind": "kelly", "win_rate": "0.55", "payoff": "1.3", "share": "0.5", "cap_percent": "15"},
            ]
        )
    )
    return parse_document(
        {
            **base,
            "version": 2,
            "sizing": sizing,
            "trailing_stop_percent": maybe("0.7"),
            "range_stop": maybe({"bars": 4, "multiple": "2"}, {"bars": 7, "multiple": "1.25", "anchor": "entry"}),
            "max_bars_held": maybe(3, 9),
            "exits": draw(st.sampled_from([[], [rule]])),
            "scale_in": draw(st.sampled_from([None, scale])),
            "cool_down_bars": maybe(4),
            "max_entries_per_day": maybe(2),
            "max_drawdown_percent": maybe("3"),
        }
    )


@settings(max_examples=50, deadline=None)
@given(
    managed_documents(),
    wild_bars(),
    st.sampled_from([BTC, CROSS]),
    st.sampled_from(COSTS),
    st.sets(st.integers(0, 119), max_size=3),
)
def test_the_simulator_trades_as_a_bot_to_the_last_integer(document, bars, spec, costs, restart_at):
    compiled = compile_strategy(document, spec)
    cash = Decimal("60000.12345678") if spec is BTC else Decimal("75.00000001")
    result = simulate(bars, compiled, spec, costs, cash)
    fills, left, equity = as_a_bot(bars, compiled, spec, costs, cash, restart_at)
    assert fills_of(result) == fills
    assert (result.cash, result.equity.tolist()) == (left, equity)


@settings(max_examples=25, deadline=None)
@given(documents(), wild_bars(), st.sampled_from([BTC, CROSS]), st.sampled_from(COSTS))
def test_a_document_of_version_2_without_its_parts_trades_as_one_of_version_1(document, bars, spec, costs):
    later = parse_document({**document.model_dump(mode="json"), "version": 2})
    cash = Decimal(10_000) if spec is BTC else Decimal(20)
    first, second = (simulate(bars, compile_strategy(item, spec), spec, costs, cash) for item in (document, later))
    assert fills_of(first) == fills_of(second)
    assert first.equity.tolist() == second.equity.tolist()
    assert (first.refused, first.unpaid) == (second.refused, second.unpaid)


def test_a_trailing_stop_follows_the_highest_close():
    fills, _ = run([1000, 1000, 1100, 1200, 1150, 1140, 1139], trailing_stop_percent="5", max_entries_per_day=1)
    # Bought at the open of bar 1; the peak is 1200 and 5 % below it 1140, seen at bar 5, sold at bar 6.
    assert fills == [(1, "entry"), (6, "trailing_stop")]


def test_a_stop_of_the_usual_range_counts_from_entry_or_peak():
    # Bought at 1000; the peak is 1020, and 1.5 × the range of 40 ÷ 3 below it is 1000.
    closes = [1000, 1010, 1000, 1000, 1010, 1020, 1000, 1000, 1000]
    for anchor, bar in (("peak", 7), ("entry", None)):
        stop = {"bars": 3, "multiple": "1.5", "anchor": anchor}
        fills, _ = run(closes, range_stop=stop, max_entries_per_day=1)
        assert [place for place, reason in fills if reason == "range_stop"] == ([] if bar is None else [bar])


def test_a_time_stop_sells_after_its_bars_and_a_rest_follows():
    fills, _ = run([1000] * 12, max_bars_held=2, cool_down_bars=3)
    assert fills == [(1, "entry"), (3, "time_stop"), (7, "entry"), (9, "time_stop")]


def test_entries_of_a_day_are_counted_and_stop_at_the_limit():
    fills, _ = run([1000] * 12, max_bars_held=1, max_entries_per_day=2)
    assert [reason for _, reason in fills] == ["entry", "time_stop"] * 2


def test_buying_more_moves_the_average_and_one_sale_ends_the_trade():
    falls = {"condition": ALWAYS, "entries": 3, "bars_between": 2, "loss_percent": "1"}
    closes = [1000, 1000, 980, 960, 960, 960, 960, 1100, 1100]
    fills, result = run(closes, scale_in=falls, take_profit_percent="10", max_entries_per_day=3)
    assert fills == [(1, "entry"), (4, "scale_in"), (7, "scale_in"), (8, "take_profit")]
    (trade,) = result.trades
    assert (trade.entry_price, trade.quantity, trade.entry_bar) == (Decimal("9.73"), Decimal(3), 1)
    assert trade.profit == Decimal("3.80")
    assert result.trades.invested.tolist() == [2_920_000_000]


def test_a_guarded_exit_waits_for_its_bars_and_its_loss():
    rule = {"condition": ALWAYS, "held_bars": 3, "loss_percent": "1"}
    fills, _ = run([1000, 1000, 980, 995, 995, 990, 990], exits=[rule], max_entries_per_day=1)
    assert fills == [(1, "entry"), (6, "exit_rule")]


@pytest.mark.parametrize(
    ("sizing", "quantity"),
    [
        # 1 % of 1000 over 2 × a mean true range of 0.10: 50, but 99.5 % of the cash buys only that many.
        ({"kind": "risked_range", "risk_percent": "1", "bars": 3, "multiple": "2"}, "50"),
        ({"kind": "risked_range", "risk_percent": "50", "bars": 3, "multiple": "2"}, "99.5"),
        # p − (1 − p) ÷ b = 0.6 − 0.4 ÷ 2 = 0.4; half of it is 20 % of 1000 at 10.
        ({"kind": "kelly", "win_rate": "0.6", "payoff": "2"}, "20"),
        ({"kind": "kelly", "win_rate": "0.6", "payoff": "2", "cap_percent": "5"}, "5"),
    ],
)
def test_sizes_by_risk_and_by_kellys_rule(sizing, quantity):
    closes = [1000, 1010, 1000, 1010, 1000, 1000]
    enters = {
        "kind": "eq",
        "left": {"kind": "price", "field": "close", "shift": 3},
        "right": {"kind": "constant", "value": "10.10"},
    }
    result = simulate(
        bars_of(closes), compile_strategy(managed(entry=enters, sizing=sizing), BTC), BTC, Costs(), Decimal(1000)
    )
    assert [fill.quantity for fill in result.fills] == [Decimal(quantity)]


def test_a_drawdown_of_the_account_stops_new_entries():
    closes = [1000, 1000, 500, 500, 500, 500]
    fills, _ = run(closes, cash="11", stop_loss_percent="20", max_drawdown_percent="30")
    assert fills == [(1, "entry"), (3, "stop_loss")]


def test_a_run_of_version_2_is_quick_enough_and_tells_its_progress():
    seen = []
    bars = bundled(count=5_000)
    simulate(
        bars, compile_strategy(managed(trailing_stop_percent="1"), BTC), BTC, Costs(), Decimal(100_000), chunk=2_000,
        on_progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert seen == [(2_000, 5_000), (4_000, 5_000), (5_000, 5_000)]
