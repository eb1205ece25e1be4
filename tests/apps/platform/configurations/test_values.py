"""Settings: typed, versioned, per tenant."""

import pytest
from django.db import DatabaseError, transaction

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.permissions import PermissionMissing
from apps.platform.configurations.choices import SPECS
from apps.platform.configurations.errors import BadValue, UnknownSetting, VersionChanged
from apps.platform.configurations.models import SettingVersion
from apps.platform.configurations.operations import set_value
from apps.platform.configurations.queries import forget_values, get_value, is_enabled, list_settings

pytestmark = pytest.mark.django_db
NAME = "security.admin_hours"


@pytest.fixture(autouse=True)
def _fresh():
    forget_values()
    yield
    forget_values()


def change(staff, value, version, name=NAME):
    return set_value(actor=Actor.of(staff), name=name, value=value, expected_version=version, reason="test")


def test_defaults_then_versions(staff, on_commit):
    assert get_value(NAME) == 12
    assert is_enabled("signup.open")
    with on_commit():
        change(staff, 8, 0)
    assert get_value(NAME) == 8
    with on_commit():
        change(staff, 2, 1)
    assert get_value(NAME) == 2
    assert [(row.value, row.version) for row in list_settings() if row.spec.name == NAME] == [(2, 2)]
    assert [row.version for row in SettingVersion.objects.order_by("version")] == [1, 2]


def test_an_old_view_changes_nothing(staff):
    change(staff, 8, 0)
    with pytest.raises(VersionChanged):
        change(staff, 9, 0)
    assert SettingVersion.objects.count() == 1


@pytest.mark.parametrize("value", [0, 25, -1, True, 10**20])
def test_values_out_of_range_are_refused(staff, value):
    with pytest.raises(BadValue):
        change(staff, value, 0)
    assert not SettingVersion.objects.exists()


def test_unknown_names_are_refused(staff):
    with pytest.raises(UnknownSetting):
        get_value("no.such")
    with pytest.raises(UnknownSetting):
        change(staff, 1, 0, name="no.such")


def test_customers_change_nothing(customer):
    with pytest.raises(PermissionMissing):
        change(customer, 8, 0)


def test_tenants_are_apart(staff, tenant_b, on_commit):
    with on_commit():
        change(staff, 8, 0)
    with in_schema(tenant_b.schema):
        assert get_value(NAME) == 12


def test_history_stays(staff):
    row = change(staff, 8, 0)
    with pytest.raises(DatabaseError), transaction.atomic():
        SettingVersion.objects.filter(pk=row.pk).update(value=9)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()


def test_defaults_lie_in_their_ranges():
    assert all(spec.lowest <= spec.default <= spec.highest for spec in SPECS.values())


def test_closed_sign_up(web, staff, on_commit):
    with on_commit():
        change(staff, 0, 0, name="signup.open")
    browser = web()
    assert browser.get("/signup/").status_code == 403
    body = {"email": "new@example.test", "password1": "correct horse battery staple", "terms": "on"}
    assert browser.post("/signup/", body).status_code == 403
