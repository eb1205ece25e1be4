"""No payout leaves early: every waiting time, alone and together, one second before its end and one second after.

The product is asked at every moment by every way in: the look at it, the approval of staff, and the timers.
"""

from datetime import datetime, timedelta
from itertools import product

import pytest

from apps.core import outbox, relay
from apps.core.actors import Actor
from apps.core.approvals import expire_overdue
from apps.core.clock import freeze
from apps.core.models import OutboxEvent
from apps.finance.wallets import operations as wallets
from apps.finance.wallets import queries
from apps.finance.wallets.choices import RuleName, WaitCause
from apps.finance.wallets.errors import StillWaiting, WalletCooling, WalletLocked
from apps.finance.wallets.models import ProviderCall, SimulatedPayout, Transfer, WalletGuard, WalletRule
from apps.finance.wallets.tasks import nudge_due
from kernel.events.platform import CredentialChanged, NewDevice
from tests.apps.finance.wallets.funding_ground import (
    DAY,
    HOUR,
    SECOND,
    SYSTEM,
    D,
    advance,
    allow,
    confirmed,
    fire,
    fund,
    prove,
    require_approvers,
    verify,
)
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
START = datetime.fromisoformat("2030-03-01T12:00:00+00:00")
LONG_AGO = START - 60 * DAY
ADDRESS, CREDENTIAL, DEVICE, LOCK = "address", "credential", "device", "lock"
SPANS = {ADDRESS: 24 * HOUR, CREDENTIAL: 48 * HOUR, DEVICE: 24 * HOUR, LOCK: 7 * DAY}
CAUSES = {
    ADDRESS: WaitCause.NEW_ADDRESS,
    CREDENTIAL: WaitCause.CREDENTIAL_CHANGED,
    DEVICE: WaitCause.NEW_DEVICE,
    LOCK: WaitCause.LOCKED,
}
SETS = [
    tuple(cause for cause, is_there in zip(SPANS, chosen, strict=True) if is_there)
    for chosen in product((False, True), repeat=len(SPANS))
    if any(chosen)
]


@pytest.fixture
def ground(customer):
    """A verified customer with money, in the past."""
    with freeze(LONG_AGO):
        allow()
        verify(customer)
        fund(customer, "1000")
    return customer


def happen(what, user):
    """Have something happen that payouts wait for, now."""
    if what == CREDENTIAL:
        outbox.publish(CredentialChanged(user_id=user.pk, credential="password"), actor=SYSTEM)
    if what == DEVICE:
        outbox.publish(NewDevice(user_id=user.pk, device_id=user.pk), actor=SYSTEM)
    if what == LOCK:
        wallets.set_lock(actor=Actor.of(user), days=7)
        wallets.set_lock(actor=Actor.of(user), days=0)


def set_up(user, causes, *, is_delivered=True):
    """Make a confirmed withdrawal at START against which `causes` stand; all of them began at START."""
    with freeze(START if ADDRESS in causes else LONG_AGO):
        entry = prove(user)
    with freeze(START):
        for cause in causes:
            happen(cause, user)
        if is_delivered:
            relay.drain()
        return confirmed(user, entry, "50")


def push(row):
    """Try every way in which a withdrawal could leave now."""
    advance(row)
    fire()
    nudge_due()
    row.refresh_from_db()
    return row.state


@pytest.mark.parametrize("causes", SETS, ids="-".join)
def test_no_payout_leaves_before_the_last_waiting_time_ends(ground, causes):
    row = set_up(ground, causes)
    last = max(causes, key=lambda cause: SPANS[cause])
    end = START + SPANS[last]
    with freeze(START + SECOND):
        assert push(row) == "held"
    with freeze(end - SECOND):
        assert push(row) == "held"
        wait = queries.get_withdrawal(row.pk).waits[-1]
        assert (wait.cause, wait.until) == (CAUSES[last], end)
    assert (ProviderCall.objects.count(), SimulatedPayout.objects.count()) == (0, 0)
    with freeze(end + SECOND):
        assert push(row) != "held"
    assert SimulatedPayout.objects.count() == 1


@pytest.mark.parametrize("cause", list(SPANS))
def test_it_leaves_at_the_very_end_and_not_a_microsecond_before(ground, cause):
    row = set_up(ground, [cause])
    with freeze(START + SPANS[cause] - timedelta(microseconds=1)):
        assert push(row) == "held"
    with freeze(START + SPANS[cause]):
        assert push(row) != "held"


@pytest.mark.parametrize("cause", [CREDENTIAL, DEVICE, LOCK])
def test_what_happens_after_the_request_counts_too(ground, cause):
    """A thief who is inside changes the password after asking; or the owner pulls the lock."""
    with freeze(LONG_AGO):
        entry = prove(ground)
    with freeze(START):
        row = confirmed(ground, entry)
        happen(cause, ground)
        relay.drain()
        assert push(row) == "held"
    with freeze(START + SPANS[cause] - SECOND):
        assert push(row) == "held"
    with freeze(START + SPANS[cause] + SECOND):
        assert push(row) != "held"


@pytest.mark.parametrize("cause", [CREDENTIAL, DEVICE])
def test_a_change_counts_before_its_event_is_delivered(ground, cause):
    """The relay may stand still; the payout waits all the same."""
    row = set_up(ground, [cause], is_delivered=False)
    assert WalletGuard.objects.count() == 0
    assert OutboxEvent.objects.filter(dispatched_at__isnull=True).exists()
    with freeze(START + SPANS[cause] - SECOND):
        assert push(row) == "held"
    with freeze(START + SPANS[cause] + SECOND):
        assert push(row) != "held"


@pytest.mark.parametrize("cause", [CREDENTIAL, DEVICE, LOCK])
def test_staff_cannot_approve_into_a_waiting_time(ground, cause):
    require_approvers(1)
    approver = Actor.of(make_staff("fay@example.test", role="finance_approver"))
    with freeze(LONG_AGO):
        entry = prove(ground)
    with freeze(START):
        row = advance(confirmed(ground, entry))
        assert row.state == "approval"
        happen(cause, ground)
        relay.drain()
    with freeze(START + min(SPANS[cause], 3 * DAY) - SECOND):
        with pytest.raises(StillWaiting):
            wallets.approve_withdrawal(actor=approver, withdrawal_id=row.pk, reason="ok")
        assert push(row) == "approval"
    with freeze(START + SPANS[cause] - SECOND):
        # A request that has run out meanwhile is made anew, and not before the waiting time is over.
        expire_overdue()
        assert push(row) == ("held" if cause == LOCK else "approval")
    with freeze(START + SPANS[cause] + SECOND):
        assert push(row) == "approval"
        assert ProviderCall.objects.count() == 0
        wallets.approve_withdrawal(actor=approver, withdrawal_id=row.pk, reason="ok")
    assert ProviderCall.objects.count() == 1


@pytest.mark.parametrize(
    ("rule", "cause", "hours"),
    [
        (RuleName.NEW_ADDRESS_HOURS, ADDRESS, 72),
        (RuleName.CREDENTIAL_HOURS, CREDENTIAL, 5),
        (RuleName.NEW_DEVICE_HOURS, DEVICE, 90),
    ],
)
def test_the_tenants_own_numbers_hold_to_the_second(ground, rule, cause, hours):
    WalletRule.objects.create(name=rule, value=hours)
    row = set_up(ground, [cause])
    with freeze(START + hours * HOUR - SECOND):
        assert push(row) == "held"
    with freeze(START + hours * HOUR + SECOND):
        assert push(row) != "held"


def test_a_newer_change_starts_the_time_again_and_an_older_one_does_not(ground):
    row = set_up(ground, [CREDENTIAL])
    with freeze(START + 47 * HOUR):
        happen(CREDENTIAL, ground)
        relay.drain()
    with freeze(START + 48 * HOUR + SECOND):
        assert push(row) == "held"
    wallets.note_change(actor=SYSTEM, owner_id=ground.pk, what="credential_changed_at", at=START)
    assert WalletGuard.objects.get().credential_changed_at == START + 47 * HOUR
    with freeze(START + 95 * HOUR - SECOND):
        assert push(row) == "held"
    with freeze(START + 95 * HOUR):
        assert push(row) != "held"


def test_another_persons_change_stops_nobody(ground, other_customer):
    row = set_up(ground, [])
    with freeze(START):
        for cause in (CREDENTIAL, DEVICE, LOCK):
            happen(cause, other_customer)
        relay.drain()
        assert push(row) != "held"


def test_a_lock_opens_only_after_its_days_and_a_longer_one_at_once(ground):
    actor = Actor.of(ground)
    with freeze(LONG_AGO):
        entry = prove(ground)
    with freeze(START):
        row = confirmed(ground, entry)
        wallets.set_lock(actor=actor, days=2)
        assert push(row) == "held"
        with pytest.raises(WalletLocked):
            wallets.request_withdrawal(actor=actor, entry_id=entry.pk, amount=D(10))
        wallets.set_lock(actor=actor, days=0)
        assert queries.get_lock(ground.pk).opens_at == START + 2 * DAY
    with freeze(START + DAY):
        wallets.set_lock(actor=actor, days=5)
        assert queries.get_lock(ground.pk).opens_at is None
    with freeze(START + 3 * DAY):
        assert push(row) == "held"
        wallets.set_lock(actor=actor, days=0)
    with freeze(START + 8 * DAY - SECOND):
        assert push(row) == "held"
    with freeze(START + 8 * DAY + SECOND):
        assert push(row) != "held"


def test_a_shorter_lock_is_still_a_lock(ground):
    actor = Actor.of(ground)
    row = set_up(ground, [])
    with freeze(START):
        wallets.set_lock(actor=actor, days=10)
        wallets.set_lock(actor=actor, days=3)
    with freeze(START + 11 * DAY):
        assert queries.get_lock(ground.pk).days == 3
        assert push(row) == "held"
        wallets.set_lock(actor=actor, days=0)
    with freeze(START + 14 * DAY - SECOND):
        assert push(row) == "held"
    with freeze(START + 14 * DAY):
        assert push(row) != "held"


@pytest.mark.parametrize("cause", [CREDENTIAL, DEVICE, LOCK])
def test_transfers_are_no_way_around(ground, other_customer, cause):
    wanted = {"actor": Actor.of(ground), "to": other_customer.email, "asset": "USDT", "amount": D(1)}
    with freeze(START):
        happen(cause, ground)
        relay.drain()
    with freeze(START + SPANS[cause] - SECOND), pytest.raises((WalletCooling, WalletLocked)):
        wallets.transfer_between_customers(**wanted)
    assert Transfer.objects.count() == 0
    with freeze(START + SPANS[cause] + SECOND):
        wallets.transfer_between_customers(**wanted)
    assert Transfer.objects.count() == 1
