"""The numbered cases of `conformance`, run against the sandbox exchange through the unmodified adapter library."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from apps.trading.exchanges.gateways.ccxt_gateway import CcxtGateway
from apps.trading.exchanges.gateways.order_kinds import AMENDS, LISTS, NATIVE
from apps.trading.exchanges.operations import OrderKind
from tests.apps.trading.exchanges.conformance import CASES, Bench, Case
from tests.factories.sandbox_exchange import RunningSandbox, running_sandbox

ADAPTER = "binance"


def capabilities(ccxt_id: str) -> set[str]:
    """What an adapter's venue can, in the words of the cases."""
    kinds = {kind.value for kind in NATIVE.get(ccxt_id, frozenset({OrderKind.MARKET, OrderKind.LIMIT}))}
    more = {"post_only", "stamps"} if ccxt_id in NATIVE else set()
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


def test_there_are_at_least_eighty_cases_each_with_a_number_and_a_title():
    assert len(CASES) >= 80
    assert [case.number for case in CASES] == list(range(1, len(CASES) + 1))
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.number:03d}")
def test_case(bench: Bench, case: Case):
    missing = case.needs - capabilities(ADAPTER)
    if missing:
        pytest.skip(f"case {case.number} needs {', '.join(sorted(missing))}")
    try:
        case.run(bench)
    finally:
        bench.clean()
