"""The trail: read by who may, complete for what identity does."""

import pytest

from apps.core import seals
from apps.core.models import AuditEvent
from tests.apps.platform.identity import log_in, verified
from tests.factories.people import make_staff

pytestmark = pytest.mark.django_db


def test_auditors_read_and_customers_do_not(api, customer):
    auditor = make_staff("aud@example.test", role="auditor")
    log_in(customer.email)
    rows = api(auditor).get("/api/v1/audit-events?operation=authentication.log_in").json()["results"]
    assert [row["object_id"] for row in rows] == [str(customer.pk)]
    assert api(customer).get("/api/v1/audit-events").status_code == 403
    assert api(customer).get("/api/v1/audit-seals/state").status_code == 403


@pytest.mark.parametrize("bad", ["outcome=x", "actor_id=x", "operation=%00", "object_id=" + "9" * 100])
def test_bad_filters_are_422(api, staff, bad):
    assert api(staff).get(f"/api/v1/audit-events?{bad}").status_code == 422


def test_the_state_of_sealing(api, staff):
    seals.seal_pending()
    state = api(staff).get("/api/v1/audit-seals/state").json()
    assert state["seals"] >= 1
    assert len(state["newest_hash"]) == 64
    assert state["rows"] >= state["unsealed"]


def test_rows_of_identity_hold_no_address_and_no_secret(customer):
    log_in(customer.email, "wrong password here")
    verified(customer)
    text = str(list(AuditEvent.objects.values()))
    assert "authentication.log_in" in text
    assert "refused" in text
    assert customer.email not in text
    assert "wrong password" not in text


def test_desks_show_the_trail_to_who_may(staff):
    browser = verified(staff)
    assert browser.get("/admin/core/auditevent/").status_code == 200
    assert browser.get("/admin/core/auditseal/").status_code == 200
    assert browser.get("/admin/security/roleassignment/").status_code == 200
    assert browser.get("/admin/users/user/").status_code == 200
    assert browser.get("/admin/configurations/settingversion/").status_code == 200
    assert browser.get("/admin/notifications/outgoingmail/").status_code == 200
    support = make_staff("sue@example.test", role="support")
    assert verified(support).get("/admin/core/auditevent/").status_code == 403


def test_a_role_is_given_at_the_desk(staff):
    person = make_staff("new@example.test", role="support")
    browser = verified(staff)
    address = f"/admin/users/user/{person.pk}/do/grant/"
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"role": "crm", "reason": "helps out"}).status_code == 302
    from apps.platform.security.queries import list_roles

    assert {role.value for role in list_roles(person.pk)} == {"support", "crm"}
    row = person.role_assignments.get(role="crm")
    assert browser.post(f"/admin/security/roleassignment/{row.pk}/do/revoke/", {"reason": "done"}).status_code == 302
    assert {role.value for role in list_roles(person.pk)} == {"support"}
