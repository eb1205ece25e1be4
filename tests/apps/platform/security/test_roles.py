"""Roles: who may do what, and who may give it."""

import pytest
from django.urls import get_resolver

from apps.core.actors import Actor
from apps.core.approvals import decide
from apps.core.clock import travel
from apps.core.context import in_schema
from apps.core.models import Approval, Timer
from apps.core.permissions import PermissionMissing, allows, declared, require
from apps.core.timers import fire_due
from apps.platform.security.choices import GRANTS, OWNER_LACKS, PLATFORM_ROLES, Role
from apps.platform.security.errors import LastOwner, NotStaff, OwnRole, RoleMissing, RolesExclude, UnknownRole
from apps.platform.security.models import RoleAssignment
from apps.platform.security.operations import grant_role, revoke_role
from apps.platform.security.operations.roles import DELAY
from apps.platform.security.queries import list_roles, permissions_of
from apps.platform.users.models import User
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


def test_every_permission_in_a_list_is_declared():
    get_resolver().url_patterns  # noqa: B018 - loads what declares permissions
    named = {name for names in GRANTS.values() for name in names} | OWNER_LACKS
    assert named <= set(declared()), sorted(named - set(declared()))


def test_every_role_but_the_owner_has_a_list():
    assert set(GRANTS) == set(Role) - {Role.OWNER}
    assert permissions_of(Role.OWNER) == set(declared()) - OWNER_LACKS


def test_the_auditor_reads_all_and_writes_nothing():
    verbs = {name for name in GRANTS[Role.AUDITOR] if not name.startswith("desk.")}
    assert verbs == {"audit.read", "authentication.manage_own", "limits.read", "risk.read"}


def test_a_customer_has_the_customers_role_without_a_row(customer):
    actor = Actor.of(customer)
    assert list_roles(customer.pk) == [Role.CUSTOMER]
    assert allows(actor, "authentication.manage_own")
    assert not allows(actor, "users.manage")
    with pytest.raises(PermissionMissing):
        require(actor, "audit.read")


def test_closed_and_unknown_people_may_nothing(customer, staff):
    User.objects.filter(pk__in=[customer.pk, staff.pk]).update(is_active=False)
    assert list_roles(customer.pk) == []
    assert list_roles(staff.pk) == []
    assert not allows(Actor.of(staff), "users.manage")
    stranger = User(email="x@example.test")
    assert list_roles(stranger.pk) == []


def test_staff_may_what_their_roles_say_until_they_are_revoked(staff):
    support = make_staff("sue@example.test", role="support")
    assert allows(Actor.of(support), "desk.support")
    assert not allows(Actor.of(support), "desk.finance")
    revoke_role(actor=Actor.of(staff), user_id=support.pk, role="support", reason="left")
    assert not allows(Actor.of(support), "desk.support")
    with pytest.raises(RoleMissing):
        revoke_role(actor=Actor.of(staff), user_id=support.pk, role="support", reason="again")


def test_scopes_only_narrow(customer):
    from apps.core.actors import ActorKind

    key = Actor(ActorKind.API_KEY, customer.pk, "key", frozenset({"users.manage"}))
    assert not allows(key, "users.manage")
    assert not allows(key, "authentication.manage_own")


def test_nobody_changes_their_own_rights(staff):
    for change in (grant_role, revoke_role):
        with pytest.raises(OwnRole):
            change(actor=Actor.of(staff), user_id=staff.pk, role="owner", reason="me")


def test_support_cannot_give_roles(staff):
    support = make_staff("sue@example.test", role="support")
    with pytest.raises(PermissionMissing):
        grant_role(actor=Actor.of(support), user_id=staff.pk, role="finance", reason="no")
    assert Role.FINANCE not in list_roles(staff.pk)


def test_finance_and_its_approver_are_two_people(staff):
    person = make_staff("fin@example.test", role="finance")
    with pytest.raises(RolesExclude):
        grant_role(actor=Actor.of(staff), user_id=person.pk, role="finance_approver", reason="both")
    assert list_roles(person.pk) == [Role.FINANCE]


@pytest.mark.parametrize("role", ["nonsense", "operator", "", "OWNER"])
def test_roles_that_are_not_of_a_tenant(staff, role):
    with pytest.raises(UnknownRole):
        grant_role(actor=SYSTEM, user_id=staff.pk, role=role, reason="x")


def test_platform_roles_live_in_public(customer):
    with in_schema("public"):
        person = User.objects.create_user("op@example.test", "x" * 12, is_staff=True)
        grant_role(actor=SYSTEM, user_id=person.pk, role="operator", reason="x")
        assert list_roles(person.pk) == [Role.OPERATOR]
        assert {Role.OPERATOR} < PLATFORM_ROLES
    assert list_roles(person.pk) == []


def test_staff_roles_are_for_staff(staff, customer):
    with pytest.raises(NotStaff):
        grant_role(actor=Actor.of(staff), user_id=customer.pk, role="support", reason="x")


def test_the_last_owner_stays(staff):
    admin = make_staff("adm@example.test", role="admin")
    with pytest.raises(LastOwner):
        revoke_role(actor=Actor.of(admin), user_id=staff.pk, role="owner", reason="coup")
    make_staff("own@example.test", role="owner")
    revoke_role(actor=Actor.of(admin), user_id=staff.pk, role="owner", reason="retired")


def test_a_new_owner_takes_two_people(staff):
    admin, person = make_staff("adm@example.test", role="admin"), make_staff("new@example.test", role="support")
    asked = grant_role(actor=Actor.of(staff), user_id=person.pk, role="owner", reason="deputy")
    assert isinstance(asked, Approval)
    assert Role.OWNER not in list_roles(person.pk)
    decide(actor=Actor.of(admin), approval_id=asked.pk, agrees=True)
    assert Role.OWNER in list_roles(person.pk)


def test_alone_it_takes_a_day(staff):
    person = make_staff("new@example.test", role="support")
    asked = grant_role(actor=Actor.of(staff), user_id=person.pk, role="admin", reason="deputy")
    assert isinstance(asked, Timer)
    fire_due()
    assert Role.ADMIN not in list_roles(person.pk)
    with travel(DELAY):
        fire_due()
    assert Role.ADMIN in list_roles(person.pk)


def test_giving_twice_is_giving_once(staff):
    person = make_staff("new@example.test", role="support")
    for _ in range(2):
        grant_role(actor=Actor.of(staff), user_id=person.pk, role="crm", reason="x")
    assert RoleAssignment.objects.filter(user=person, role="crm").count() == 1
