"""Page, API, compliance desk, first limits."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.compliance.limits.choices import Tier
from apps.compliance.limits.models import CustomerTier, LimitRow, LimitUse, ScreeningThreshold, VelocityRow
from apps.compliance.limits.operations import put_defaults
from apps.compliance.limits.queries import get_tier
from apps.compliance.limits.seeds import first_limits
from apps.core.clock import now
from apps.core.ids import uuid7
from apps.core.models import Approval
from apps.core.relay import drain
from apps.core.seeding import SeedTenant
from tests.apps.compliance.limits.limit_policy import SYSTEM, D, limit, most, use, verify
from tests.apps.platform.identity import approve, verified
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/account/limits"


def seed_tenant(**more: Any) -> SeedTenant:
    return SeedTenant(id=uuid7(), schema="", slug="alpha", host="alpha.localhost", **more)


def desk(model: str, row: Any, verb: str = "") -> str:
    place = f"do/{verb}/" if verb else "change/"
    return f"/admin/limits/{model}/{row.pk}/{place}"


def text(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_api_shows_what_is_left(api, customer, other_customer):
    verify(customer)
    verify(other_customer)
    limit("100")
    limit("0.5", asset="*", window="single")
    most(4)
    use(customer, "30.50", "a")
    frees = (LimitUse.objects.get().at + timedelta(hours=24)).isoformat().replace("+00:00", "Z")
    shown = api(customer).get(ADDRESS).json()
    assert shown == {
        "tier": {"number": 2, "name": "Verified"},
        "amounts": [
            {
                "verb": "withdraw",
                "asset": "USDT",
                "unit": "USDT",
                "window": "day",
                "limit": "100",
                "used": "30.5",
                "left": "69.5",
                "frees_at": frees,
            },
            {
                "verb": "withdraw",
                "asset": "*",
                "unit": "USDT",
                "window": "single",
                "limit": "0.5",
                "used": "0",
                "left": "0.5",
                "frees_at": None,
            },
        ],
        "counts": [{"verb": "withdraw", "window": "day", "limit": 4, "used": 1, "left": 3, "frees_at": frees}],
    }
    assert api(other_customer).get(ADDRESS).json()["amounts"][0]["used"] == "0"
    assert api().get(ADDRESS).status_code == 401


def test_the_page_shows_bars_and_what_raises_them(web, customer):
    put_defaults(actor=SYSTEM)
    verify(customer)
    assert web().get("/account/limits/").status_code == 302
    shown = text(web(customer).get("/account/limits/"))
    assert "Tier 2, Verified" in shown
    assert "USDT, at a time 10,000 USDT" in shown
    assert "two people decide about Enhanced" in shown
    assert "Withdrawals, in 24 hours 250,000 USDT" in shown


def test_the_page_shows_used_left_and_when_it_frees(web, customer):
    put_defaults(actor=SYSTEM)
    verify(customer)
    made = use(customer, "5000", "a")
    shown = text(web(customer).get("/account/limits/"))
    assert "USDT, in 24 hours 5,000 of 20,000 USDT" in shown
    frees = made.at + timedelta(hours=24)
    assert f"15,000 USDT left. Room comes back from {frees:%-d %b, %H:%M} UTC on." in shown
    assert "Number, in 24 hours 1 of 10" in shown


def test_a_new_customer_reads_what_is_closed(web, customer):
    put_defaults(actor=SYSTEM)
    shown = text(web(customer).get("/account/limits/"))
    assert "Tier 0, Unverified" in shown
    assert "Withdrawals are not open at your tier." in shown
    assert "USDT, in 24 hours 0 of 100 USDT" in shown
    assert "raises you to Basic" in shown


def test_the_highest_tier_has_none_above(web, customer):
    verify(customer, 3)
    shown = text(web(customer).get("/account/limits/"))
    assert "The highest tier" in shown
    assert "Withdrawals are not open at your tier." in shown


def test_the_palette_leads_there(web, customer):
    assert 'href="/account/limits/"' in web(customer).get("/account/security/").content.decode()


def test_compliance_sets_a_tier_at_the_desk(customer, on_commit):
    drain()
    row = CustomerTier.objects.get(owner=customer)
    officer = verified(make_staff("cora@example.test", role="compliance"))
    assert "Set the tier" in officer.get(desk("customertier", row)).content.decode()
    given = {"tier": "2", "basis": "evidence", "reason": "passport seen"}
    assert officer.post(desk("customertier", row, "tier"), {**given, "reason": ""}).status_code == 200
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    assert officer.post(desk("customertier", row, "tier"), given).status_code == 302
    assert get_tier(customer.pk) is Tier.VERIFIED
    assert officer.post(desk("customertier", row, "tier"), {**given, "tier": "3"}).status_code == 302
    assert get_tier(customer.pk) is Tier.VERIFIED
    assert Approval.objects.get().action == "limits.raise_tier"


def test_a_limit_is_proposed_at_the_desk_and_approved_in_the_queue():
    put_defaults(actor=SYSTEM)
    row = LimitRow.objects.get(tier=1, verb="withdraw", asset="USDT", window="day")
    officer = verified(make_staff("cora@example.test", role="compliance"))
    assert officer.post(desk("limitrow", row, "change"), {"amount": "1500", "reason": "x"}).status_code == 302
    request = Approval.objects.get()
    assert request.payload["value"] == "1500"
    assert "changes of limits and tiers to approve" in officer.get("/admin/").content.decode()
    row.refresh_from_db()
    assert row.amount == D(1000)
    admin = verified(make_staff("tom@example.test", role="admin"))
    assert approve(admin, f"/admin/core/approval/{request.pk}/do/approve/").status_code == 302
    row.refresh_from_db()
    assert row.amount == D(1500)


def test_rows_for_other_assets_and_times_are_proposed_from_a_row():
    put_defaults(actor=SYSTEM)
    officer = verified(make_staff("cora@example.test", role="compliance"))
    row = LimitRow.objects.filter(tier=1, verb="withdraw").first()
    given = {"asset": "BTC", "window": "week", "amount": "0.5", "reason": "x"}
    assert officer.post(desk("limitrow", row, "add"), given).status_code == 302
    velocity = VelocityRow.objects.filter(tier=1, verb="withdraw").first()
    given = {"window": "week", "max_count": "9", "reason": "x"}
    assert officer.post(desk("velocityrow", velocity, "add"), given).status_code == 302
    assert officer.post(desk("velocityrow", velocity, "change"), {"max_count": "6", "reason": "x"}).status_code == 302
    threshold = ScreeningThreshold.objects.get(asset="BTC")
    given = {"asset": "DOGE", "amount": "100", "reason": "x"}
    assert officer.post(desk("screeningthreshold", threshold, "add"), given).status_code == 302
    assert (
        officer.post(desk("screeningthreshold", threshold, "change"), {"amount": "1", "reason": "x"}).status_code == 302
    )
    assert [(one.payload["target"], one.payload["value"]) for one in Approval.objects.order_by("id")] == [
        ({"tier": 1, "verb": "withdraw", "asset": "BTC", "window": "week"}, "0.5"),
        ({"tier": 1, "verb": "withdraw", "window": "week"}, "9"),
        ({"tier": 1, "verb": "withdraw", "window": "day"}, "6"),
        ({"asset": "DOGE"}, "100"),
        ({"asset": "BTC"}, "1"),
    ]


@pytest.mark.parametrize(
    ("role", "sees"), [("auditor", True), ("finance", True), ("admin", True), ("support", False), ("crm", False)]
)
def test_desks_are_read_by_who_may_and_changed_by_fewer(role, sees, customer):
    put_defaults(actor=SYSTEM)
    verify(customer)
    use(customer, "1", "a")
    browser = verified(make_staff("some@example.test", role=role))
    for model in (CustomerTier, LimitRow, VelocityRow, ScreeningThreshold, LimitUse):
        name = model._meta.model_name or ""
        for address in (f"/admin/limits/{name}/", desk(name, model._default_manager.first())):
            assert browser.get(address).status_code == (200 if sees else 403)
    row = CustomerTier.objects.get(owner=customer)
    given = {"tier": "1", "basis": "risk", "reason": "x"}
    assert browser.post(desk("customertier", row, "tier"), given).status_code == 404
    assert get_tier(customer.pk) is Tier.VERIFIED
    assert browser.get("/admin/limits/limitrow/add/").status_code == 403


def test_seeding_fills_a_new_tenant_and_leaves_decisions_alone(customer, staff):
    seeded = seed_tenant(demo=True, people={"maya": customer, "olga": staff})
    first_limits(seeded)
    assert get_tier(customer.pk) is Tier.VERIFIED
    assert not CustomerTier.objects.filter(owner=staff).exists()
    assert LimitRow.objects.get(tier=0, verb="withdraw", asset="*").amount == 0
    assert ScreeningThreshold.objects.get(asset="BTC").amount == Decimal("0.05")
    rows = (LimitRow.objects.count(), VelocityRow.objects.count(), ScreeningThreshold.objects.count())
    LimitRow.objects.filter(tier=2).update(amount=D(7))
    verify(customer, 0)
    first_limits(seeded)
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    assert set(LimitRow.objects.filter(tier=2).values_list("amount", flat=True)) == {D(7)}
    assert rows == (LimitRow.objects.count(), VelocityRow.objects.count(), ScreeningThreshold.objects.count())


def test_without_demo_customers_start_unverified(customer):
    first_limits(seed_tenant(demo=False))
    assert get_tier(customer.pk) is Tier.UNVERIFIED
    assert CustomerTier.objects.filter(owner=customer, changed_at__isnull=True).exists()
    assert now() > customer.created_at
