"""Using up limits: windows to the second, keys, giving back, default deny."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from apps.compliance.limits import errors
from apps.compliance.limits.choices import SPANS, Tier, Verb, Window
from apps.compliance.limits.models import CustomerTier, LimitUse
from apps.compliance.limits.operations import check_and_consume, give_back
from apps.compliance.limits.queries import count_uses, get_tier, list_counts_of, list_limits_of
from apps.core.actors import Actor
from apps.core.assets import InvalidAmount, UnknownAsset
from apps.core.clock import freeze, now, travel
from apps.core.errors import LimitReached
from apps.core.ids import uuid7
from apps.core.permissions import PermissionMissing
from apps.platform.users.errors import UserMissing
from tests.apps.compliance.limits.limit_policy import SYSTEM, D, limit, most, use, verify

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def ann(customer):
    """A customer of tier 2."""
    verify(customer)
    return customer


@pytest.mark.parametrize("window", list(SPANS))
def test_a_window_rolls_to_the_second(ann, window):
    limit("100", window=window)
    with freeze(START):
        use(ann, "60", "a")
    with freeze(START + timedelta(minutes=10)):
        use(ann, "40", "b")
    span = SPANS[window]
    for moment in (START + timedelta(minutes=10), START + span - SECOND):
        with freeze(moment), pytest.raises(errors.WindowUsedUp):
            use(ann, "1", "c")
    assert LimitUse.objects.count() == 2
    with freeze(START + span):
        use(ann, "60", "c")
        with pytest.raises(errors.WindowUsedUp):
            use(ann, "0.00000001", "d")
    with freeze(START + span + timedelta(minutes=10) + SECOND):
        use(ann, "40", "d")


@pytest.mark.parametrize("window", list(SPANS))
def test_a_number_rolls_to_the_second(ann, window):
    limit("1000")
    most(2, window=window)
    with freeze(START):
        use(ann, "1", "a")
    with freeze(START + SECOND):
        use(ann, "1", "b")
    span = SPANS[window]
    with freeze(START + span - SECOND), pytest.raises(errors.TooManyTimes) as refused:
        use(ann, "1", "c")
    assert refused.value.params["frees_at"] == (START + span).isoformat()
    assert refused.value.params["retry_after"] == 1
    assert refused.value.params["used"] == 2
    with freeze(START + span + SECOND):
        use(ann, "1", "c")
    assert LimitUse.objects.count() == 3


def test_travelling_a_second_past_the_boundary_makes_room(ann):
    limit("100")
    use(ann, "100", "a")
    with travel(timedelta(hours=24) - timedelta(seconds=5)), pytest.raises(errors.WindowUsedUp):
        use(ann, "100", "b")
    with travel(timedelta(hours=24) + SECOND):
        use(ann, "100", "b")


def test_a_refusal_names_limit_used_left_and_when_room_comes_back(ann):
    limit("100")
    with freeze(START):
        use(ann, "30", "a")
    with freeze(START + timedelta(hours=1)):
        use(ann, "50", "b")
    with freeze(START + timedelta(hours=2)), pytest.raises(errors.WindowUsedUp) as refused:
        use(ann, "60", "c")
    # 60 fits once 40 of the 80 have rolled out: the first 30 are not enough, the 50 after them are.
    frees = START + timedelta(hours=25)
    assert refused.value.http_status == 429
    assert refused.value.params == {
        "verb": "withdraw",
        "window": "day",
        "window_words": "in 24 hours",
        "unit": "USDT",
        "counted_as": "USDT",
        "asked": "60",
        "limit": "100",
        "used": "80",
        "left": "20",
        "frees_at": frees.isoformat(),
        "frees_words": "2 Mar 2026, 13:00:00 UTC",
        "retry_after": 23 * 3600,
    }
    with freeze(frees - SECOND), pytest.raises(LimitReached):
        use(ann, "60", "c")
    with freeze(frees):
        use(ann, "60", "c")


def test_of_several_limits_the_one_that_frees_last_is_named(ann):
    limit("100", window=Window.DAY)
    limit("100", window=Window.MONTH)
    limit("90", window=Window.SINGLE)
    use(ann, "90", "a")
    with pytest.raises(errors.WindowUsedUp) as refused:
        use(ann, "20", "b")
    assert refused.value.params["window"] == "month"
    with pytest.raises(errors.AmountTooLarge) as never:
        use(ann, "91", "b")
    assert (never.value.params["window"], never.value.http_status) == ("single", 422)
    assert isinstance(never.value, LimitReached)
    assert LimitUse.objects.count() == 1


def test_one_key_is_one_use(ann, other_customer):
    limit("100")
    verify(other_customer)
    first = use(ann, "60", "a")
    assert use(ann, "60", "a").pk == first.pk
    assert use(ann, "60.0", "a").pk == first.pk
    for changed in ({"amount": "61"}, {"verb": Verb.TRANSFER}, {"asset": "BTC"}):
        facts = {"amount": "60", **changed}
        with pytest.raises(errors.KeyUsedOtherwise):
            use(ann, facts.pop("amount"), "a", **facts)
    with pytest.raises(errors.KeyUsedOtherwise):
        use(other_customer, "60", "a")
    assert list(LimitUse.objects.values_list("amount", flat=True)) == [D(60)]


def test_what_is_given_back_once_is_free_again_and_once_only(ann):
    limit("100")
    most(1)
    use(ann, "100", "a")
    back = give_back(actor=SYSTEM, key="a")
    assert give_back(actor=SYSTEM, key="a").pk == back.pk
    assert (back.amount, back.key, back.reverses_id) == (D(100), None, LimitUse.objects.get(key="a").pk)
    assert count_uses(ann.pk, Verb.WITHDRAW, now() - timedelta(days=1)) == 0
    with pytest.raises(errors.UseGivenBack):
        use(ann, "100", "a")
    use(ann, "100", "b")
    with pytest.raises(LimitReached):
        use(ann, "0.01", "c")
    with pytest.raises(errors.UseMissing):
        give_back(actor=SYSTEM, key="nothing")
    assert LimitUse.objects.count() == 3


def test_without_a_row_or_a_price_nothing_moves(ann):
    with pytest.raises(errors.NoLimitSet):
        use(ann, "1", "a")
    limit("100")
    with pytest.raises(errors.NoLimitSet):
        use(ann, "1", "a", asset="BTC", value=D(1))
    with pytest.raises(errors.NoLimitSet):
        use(ann, "1", "a", verb=Verb.TRANSFER)
    limit("1000", asset="*")
    with pytest.raises(errors.WorthUnknown) as refused:
        use(ann, "1", "a", asset="BTC")
    assert refused.value.http_status == 503
    assert not LimitUse.objects.exists()


def test_assets_without_a_row_share_one_limit_by_worth(ann):
    limit("1", asset="BTC")
    limit("1000", asset="*")
    use(ann, "2", "a", asset="ETH", value=D(600))
    use(ann, "1", "b", asset="BTC", value=D(60000))
    with pytest.raises(errors.WindowUsedUp) as refused:
        use(ann, "10", "c", asset="SOL", value=D(401))
    assert refused.value.params["left"] == "400"
    assert refused.value.params["unit"] == "USDT"
    use(ann, "400", "c", asset="USDT")  # the reference currency is its own worth
    assert [use.value for use in LimitUse.objects.order_by("id")] == [D(600), D(60000), D(400)]


def test_what_was_used_without_a_price_closes_the_shared_limit_until_it_rolled_out(ann):
    from apps.compliance.limits.models import LimitRow

    limit("10", asset="ETH")
    limit("1000", asset="*")
    with freeze(START):
        use(ann, "2", "a", asset="ETH")
        LimitRow.objects.filter(asset="ETH").update(tier=1)
        with pytest.raises(errors.WorthUnknown):
            use(ann, "1", "b", asset="SOL", value=D(10))
        standing = list_limits_of(ann.pk)[0]
        assert (standing.used, standing.left) == (None, None)
    with freeze(START + timedelta(hours=24)):
        use(ann, "1", "b", asset="SOL", value=D(10))


def test_a_limit_of_nothing_says_that_the_tier_has_none(customer):
    limit("0", tier=0)
    with pytest.raises(errors.NotForThisTier) as refused:
        use(customer, "1", "a")
    assert (
        refused.value.text == "Withdrawals of USDT are not open at your tier (Unverified). Ask support what raises it."
    )
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    verify(customer)
    limit("10")
    most(0)
    with pytest.raises(errors.NotForThisTier):
        use(customer, "1", "a")
    assert not LimitUse.objects.exists()


def test_the_tier_decides_from_the_next_movement_on(ann):
    limit("100")
    limit("500", tier=3)
    use(ann, "100", "a")
    with pytest.raises(LimitReached):
        use(ann, "1", "b")
    verify(ann, 3)
    use(ann, "400", "b")
    verify(ann, 2)
    with pytest.raises(LimitReached):
        use(ann, "1", "c")


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1e-9", "1e20", "-0"])
def test_odd_amounts_are_refused(ann, amount):
    limit("100")
    with pytest.raises(InvalidAmount):
        check_and_consume(actor=SYSTEM, owner_id=ann.pk, verb="withdraw", asset="USDT", amount=Decimal(amount), key="a")
    assert not LimitUse.objects.exists()


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1e20"])
def test_an_odd_worth_is_refused(ann, value):
    limit("100", asset="*")
    with pytest.raises(InvalidAmount):
        use(ann, "1", "a", asset="BTC", value=Decimal(value))
    assert not LimitUse.objects.exists()


def test_a_worth_finer_than_the_books_is_rounded_up(ann):
    limit("100000000000", asset="*")
    made = use(ann, "1", "a", asset="BTC", value=Decimal("12345678901.1234567890123456780001"))
    made.refresh_from_db()
    assert made.value == Decimal("12345678901.123456789012345679")


def test_sums_are_exact_beyond_28_digits(ann):
    limit("99999999999999999999", asset="ETH")
    use(ann, "99999999999999999997.999999999999999998", "a", asset="ETH")
    with pytest.raises(errors.WindowUsedUp) as refused:
        use(ann, "1.000000000000000003", "b", asset="ETH")
    assert refused.value.params["left"] == "1.000000000000000002"
    use(ann, "1.000000000000000002", "b", asset="ETH")


@pytest.mark.parametrize("asset", ["usdt", "*", "", "US-DT", "A" * 17, "USDT\n", "NOSUCH"])
def test_only_known_assets_move(ann, asset):
    limit("100", asset="*")
    with pytest.raises(UnknownAsset):
        use(ann, "1", "a", asset=asset, value=D(1))


def test_only_the_product_uses_limits_up(ann, staff):
    limit("100")
    for person in (ann, staff):
        with pytest.raises(PermissionMissing):
            use(ann, "1", "a", actor=Actor.of(person))
        with pytest.raises(PermissionMissing):
            give_back(actor=Actor.of(person), key="a")
    assert not LimitUse.objects.exists()


def test_nobody_has_no_limits(db):
    from types import SimpleNamespace

    limit("100", tier=0)
    with pytest.raises(UserMissing):
        use(SimpleNamespace(pk=uuid7()), "1", "a")
    assert not CustomerTier.objects.exists()


def test_standings_show_what_is_used_and_left(ann):
    limit("50", window=Window.SINGLE)
    limit("100")
    limit("1000", asset="*", window=Window.WEEK)
    most(3)
    with freeze(START):
        use(ann, "30", "a")
        use(ann, "1", "b", asset="SOL", value=D(150))
        use(ann, "20", "c")
        give_back(actor=SYSTEM, key="c")
        found = [
            (row.asset, row.unit, row.window, row.limit, row.used, row.left, row.frees_at)
            for row in list_limits_of(ann.pk)
        ]
        counts = list_counts_of(ann.pk)
    assert found == [
        ("USDT", "USDT", "single", D(50), D(0), D(50), None),
        ("USDT", "USDT", "day", D(100), D(30), D(70), START + timedelta(hours=24)),
        ("*", "USDT", "week", D(1000), D(150), D(850), START + timedelta(days=7)),
    ]
    assert [(row.window, row.limit, row.used, row.left) for row in counts] == [("day", 3, 2, 1)]
