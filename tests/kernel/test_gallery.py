"""Every strategy of the gallery trades on the bundled candles, and as a bot would."""

from decimal import Decimal

import pytest

from kernel.simulation import Costs, simulate
from kernel.strategy import EXAMPLES, compile_strategy, find_lookahead
from kernel.strategy.gallery import GALLERY
from tests.kernel.market_samples import BTC, bundled
from tests.kernel.test_managed import as_a_bot
from tests.kernel.test_simulation_equality import fills_of


@pytest.mark.parametrize("example", GALLERY, ids=lambda example: example.key)
def test_the_gallery_trades_on_recorded_candles_as_a_bot_would(example):
    bars = bundled().resample(example.document.interval_ms)[:1_500]
    compiled = compile_strategy(example.document, BTC)
    costs = Costs(Decimal("0.001"), Decimal("0.001"), Decimal("2.5"))
    result = simulate(bars, compiled, BTC, costs, Decimal(10_000))
    assert len(result.trades) >= 3
    fills, cash, equity = as_a_bot(bars, compiled, BTC, costs, Decimal(10_000), restart_at=(400, 1_111))
    assert (fills_of(result), result.cash, result.equity.tolist()) == (fills, cash, equity)
    assert find_lookahead(compiled, bars[:800], 2) == []


def test_the_gallery_is_documented():
    assert len(EXAMPLES) >= 20
    assert len({example.key for example in EXAMPLES}) == len(EXAMPLES)
    for example in EXAMPLES:
        assert all(words.endswith(".") for words in (example.idea, example.works, example.fails, example.source))
