"""The numbered cases of `conformance`, run against the sandbox exchange through the unmodified adapter library, and
against the simulator of back-tests. What an adapter cannot is skipped and stands in a list."""

from collections.abc import Collection, Iterator
from decimal import Decimal

import pytest

from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.order_kinds import AMENDS, LISTS, NATIVE
from apps.trading.exchanges.operations import OrderKind
from kernel.instruments import Side
from kernel.simulation import Costs
from tests.apps.trading.exchanges.conformance import CASES, Bench, Case
from tests.apps.trading.exchanges.simulator import CAPABILITIES, SimulatorPort
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox
from tests.kernel.market_samples import BTC

ADAPTER = "binance"
SKIPPED_BY_THE_SIMULATOR = {
    "amend": [90, 91, 92],
    "cancel_all": [102, 103, 104],
    "covers_sales": [73],
    "filters": [74, 75],
    "ids": [77, 78, 80, 84],
    "locks": [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 85, 86],
    "pairs": [93, 94, 95, 96, 97, 98, 99, 100, 101, 103],
    "post_only": [7, 8, 9, 10, 11, 12, 63, 64],
    "stamps": [76],
    "stop": [13, 14, 15, 16, 17, 18, 65, 66],
    "stop_limit": [19, 20, 21, 22, 23, 24, 69, 70],
    "take_profit": [25, 26, 27, 28, 29, 30, 67, 68],
    "take_profit_limit": [31, 32, 33, 34, 35, 36, 71],
    "taking_back": [3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33, 36, 39, 42, 81, 82, 83],
    "trailing_stop": [37, 38, 39, 40, 41, 42],
}  # fmt: skip
"""By the capability that it lacks."""


def capabilities(ccxt_id: str) -> set[str]:
    """What an adapter's venue can, in the words of the cases."""
    kinds = {kind.value for kind in NATIVE.get(ccxt_id, frozenset({OrderKind.MARKET, OrderKind.LIMIT}))}
    more = {"post_only", "stamps", "cancel_all"} if ccxt_id in NATIVE else set()
    kinds |= {"listing", "taking_back", "locks", "booking", "ids", "filters", "covers_purchases", "covers_sales"}
    return kinds | more | ({"pairs"} if ccxt_id in LISTS else set()) | ({"amend"} if ccxt_id in AMENDS else set())


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """One exchange for all cases; its market stands."""
    with running_sandbox(tmp_path_factory.mktemp("conformance"), "step") as running:
        yield running


@pytest.fixture(scope="module")
def bench(sandbox: RunningSandbox) -> Iterator[Bench]:
    """One account for all cases; each leaves it without open orders."""
    funds = {"USDT": Decimal(1_000_000), "BTC": Decimal(100)}
    account = sandbox.open_account(funds, maker_fee=Decimal("0.001"), taker_fee=Decimal("0.001"))
    port = CcxtGateway(
        ccxt_id=ADAPTER, settings=sandbox.ccxt_settings(), api_key=account["api_key"], api_secret=account["secret"]
    )
    price = Decimal(sandbox.control.status()["prices"]["BTCUSDT"])
    yield Bench(port, price, lambda: sandbox.control.step(1))
    port.close()


@pytest.fixture(scope="module")
def simulated() -> Bench:
    """An account of the same size in the simulator."""
    price = Decimal("67500.00")
    port = SimulatorPort(BTC, Costs(taker_fee=Decimal("0.001")), price, cash=Decimal(1_000_000), base=Decimal(100))
    return Bench(port, price, port.move)


def test_there_are_at_least_eighty_cases_each_with_a_number_and_a_title():
    assert len(CASES) >= 80
    assert [case.number for case in CASES] == list(range(1, len(CASES) + 1))
    assert len({case.title for case in CASES}) == len(CASES)


def skipped(able: Collection[str]) -> dict[str, list[int]]:
    """By what is missing: the cases that do not run for it."""
    missing = sorted({need for case in CASES for need in case.needs} - set(able))
    return {need: [case.number for case in CASES if need in case.needs] for need in missing}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number:03d}")
def test_case(bench: Bench, case: Case):
    run(bench, case, capabilities(ADAPTER))


RUNS = [case for case in CASES if case.needs <= CAPABILITIES]


@pytest.mark.parametrize("case", RUNS, ids=lambda case: f"{case.number:03d}")
def test_case_in_the_simulator(simulated: Bench, case: Case):
    run(simulated, case, CAPABILITIES)


def test_a_resting_order_of_the_simulator_fills_at_its_price_when_a_candle_reaches_it(simulated: Bench):
    made, before = simulated.order(OrderKind.LIMIT, Side.BUY, price="-1"), len(simulated.port.fills("BTCUSDT"))
    port = simulated.port
    assert isinstance(port, SimulatorPort)
    port.move(low=simulated.near("-0.5"))
    assert port.open_orders() == [made]
    port.move(low=simulated.near("-1.5"))
    (fill,) = port.fills("BTCUSDT")[before:]
    assert (fill.price, fill.quantity, fill.is_maker, port.open_orders()) == (made.price, made.quantity, True, [])


def test_what_is_skipped_stands_in_a_list():
    assert skipped(capabilities(ADAPTER)) == {}
    assert skipped(CAPABILITIES) == SKIPPED_BY_THE_SIMULATOR


def run(bench: Bench, case: Case, able: Collection[str]) -> None:
    missing = case.needs - set(able)
    if missing:
        pytest.skip(f"case {case.number} needs {', '.join(sorted(missing))}")
    try:
        case.run(bench)
    finally:
        bench.clean()
