"""What every custody provider must do. A new adapter joins `PROVIDERS` with a way to let its network go on."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.clock import now
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.gateways.port import (
    Accepted,
    CustodyUnavailable,
    IncomingStatus,
    PayoutRequest,
    PayoutStatus,
    Refused,
    Unknown,
)
from apps.finance.wallets.gateways.registry import NoProvider, provider_for, provider_named, register_provider
from apps.finance.wallets.gateways.sandbox import SandboxCustody, advance, order_fault, pay_in, reorganise
from apps.finance.wallets.models import SimulatedPayout
from apps.finance.wallets.models.simulated import FaultKind
from kernel.addresses import Network, check_address, example_address

pytestmark = pytest.mark.django_db
D = Decimal
CHAIN = Network.BITCOIN


class SandboxUnderTest:
    """The sandbox, and how a test makes its world go on."""

    provider = SandboxCustody()

    def arrive(self, address: str, amount: str, seed: str) -> tuple[str, int]:
        return pay_in(network=CHAIN, asset="BTC", address=address, amount=D(amount), seed=seed)

    def go_on(self, blocks: int = 1) -> None:
        advance(CHAIN, blocks)

    def orphan(self, txid: str, *, drop: bool = False) -> None:
        reorganise(CHAIN, txid, drop=drop)

    def fault(self, kind: FaultKind) -> None:
        order_fault(kind)

    def paid(self) -> list[str]:
        return list(SimulatedPayout.objects.order_by("id").values_list("client_id", flat=True))


PROVIDERS = [SandboxUnderTest]


@pytest.fixture(params=PROVIDERS, ids=lambda made: made.provider.name)
def under_test(request, db):
    return request.param()


def payout(client_id: str = "w-1", amount: str = "0.5", valid_for: int = 60) -> PayoutRequest:
    return PayoutRequest(
        client_id=client_id,
        network=CHAIN,
        asset="BTC",
        address=example_address(CHAIN, "outside"),
        amount=D(amount),
        valid_until=now() + timedelta(seconds=valid_for),
    )


def test_an_address_is_well_formed_and_the_same_for_the_same_id(under_test):
    provider = under_test.provider
    first = provider.new_address(CHAIN, "BTC", "a-1")
    assert check_address(CHAIN, first) == first
    assert provider.new_address(CHAIN, "BTC", "a-1") == first
    assert provider.new_address(CHAIN, "BTC", "a-2") != first


@pytest.mark.parametrize("network", list(Network))
def test_addresses_are_judged(under_test, network):
    assert under_test.provider.validate_address(network, example_address(network, "x"))
    assert not under_test.provider.validate_address(network, "nonsense")


def test_a_payout_is_taken_once_sent_and_proven(under_test):
    provider = under_test.provider
    answers = [provider.submit_withdrawal(payout()) for _ in range(3)]
    assert all(isinstance(answer, Accepted) for answer in answers)
    assert under_test.paid() == ["w-1"]
    under_test.go_on(3)
    view = provider.get_withdrawal("w-1")
    assert view is not None
    assert (view.client_id, view.status, bool(view.txid)) == ("w-1", PayoutStatus.CONFIRMED, True)
    assert provider.get_withdrawal("w-1").txid == view.txid


def test_an_unknown_name_is_none(under_test):
    assert under_test.provider.get_withdrawal("never") is None


def test_nothing_is_taken_after_its_last_moment(under_test):
    answer = under_test.provider.submit_withdrawal(payout(valid_for=-1))
    assert isinstance(answer, Refused)
    assert (under_test.paid(), under_test.provider.get_withdrawal("w-1")) == ([], None)


def test_a_refusal_proves_that_nothing_left(under_test):
    under_test.fault(FaultKind.REFUSE)
    assert isinstance(under_test.provider.submit_withdrawal(payout()), Refused)
    assert under_test.provider.get_withdrawal("w-1") is None


@pytest.mark.parametrize(("kind", "taken"), [(FaultKind.TIMEOUT_AFTER, 1), (FaultKind.TIMEOUT_BEFORE, 0)])
def test_no_answer_is_unknown_and_the_name_settles_it(under_test, kind, taken):
    under_test.fault(kind)
    assert isinstance(under_test.provider.submit_withdrawal(payout()), Unknown)
    assert (under_test.provider.get_withdrawal("w-1") is not None, len(under_test.paid())) == (bool(taken), taken)


def test_a_delayed_payout_is_accepted_until_it_is_sent(under_test):
    under_test.fault(FaultKind.DELAY)
    answer = under_test.provider.submit_withdrawal(payout())
    assert isinstance(answer, Accepted)
    assert (answer.view.status, answer.view.txid) == (PayoutStatus.ACCEPTED, "")
    under_test.go_on(6)
    assert under_test.provider.get_withdrawal("w-1").status is PayoutStatus.CONFIRMED


def test_a_payout_may_be_refused_later_for_good(under_test):
    under_test.fault(FaultKind.LATE_REFUSAL)
    answer = under_test.provider.submit_withdrawal(payout())
    assert isinstance(answer, Accepted)
    under_test.go_on(3)
    view = under_test.provider.get_withdrawal("w-1")
    assert (view.status, view.txid) == (PayoutStatus.REFUSED, "")


def test_deposits_are_shown_until_they_are_final(under_test):
    provider = under_test.provider
    address = provider.new_address(CHAIN, "BTC", "a-1")
    txid, vout = under_test.arrive(address, "0.25", "one")
    page = provider.list_deposits("")
    (item,) = page.items
    assert (item.txid, item.vout, item.amount, item.address) == (txid, vout, D("0.25"), address)
    assert item.status is IncomingStatus.MINED
    under_test.go_on(2)
    (again,) = provider.list_deposits(page.cursor).items
    assert again.confirmations > item.confirmations
    under_test.go_on(200)
    assert provider.list_deposits(page.cursor).items == ()
    assert len(provider.list_deposits("").items) == 1


def test_an_orphan_is_shown_again_and_a_dropped_one_once_more(under_test):
    provider = under_test.provider
    address = provider.new_address(CHAIN, "BTC", "a-1")
    txid, _ = under_test.arrive(address, "1", "one")
    page = provider.list_deposits("")
    under_test.orphan(txid)
    (item,) = provider.list_deposits(page.cursor).items
    assert item.confirmations <= 1
    under_test.orphan(txid, drop=True)
    (item,) = provider.list_deposits(page.cursor).items
    assert (item.status, item.confirmations) == (IncomingStatus.DROPPED, 0)


def test_a_provider_that_is_down_says_so(under_test):
    for ask in (
        lambda: under_test.provider.new_address(CHAIN, "BTC", "a-9"),
        lambda: under_test.provider.validate_address(CHAIN, "x"),
        lambda: under_test.provider.get_withdrawal("w-1"),
        lambda: under_test.provider.list_deposits(""),
    ):
        under_test.fault(FaultKind.DOWN)
        with pytest.raises(CustodyUnavailable):
            ask()


def test_real_money_is_never_the_sandboxs_in_production(settings):
    class Bank(SandboxCustody):
        name = "bank"

    assert (provider_for(Mode.PAPER), provider_for(Mode.LIVE)) == ("sandbox", "sandbox")
    settings.DEVELOPMENT = False
    with pytest.raises(NoProvider):
        provider_for(Mode.LIVE)
    undo = register_provider(Bank())
    try:
        assert (provider_for(Mode.LIVE), provider_for(Mode.PAPER)) == ("bank", "sandbox")
        assert provider_named("bank").name == "bank"
    finally:
        undo()
    with pytest.raises(NoProvider):
        provider_named("bank")
