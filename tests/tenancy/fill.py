"""Rows in every customer's app of a tenant, each with its canary."""

from apps.platform.notifications.choices import NotificationTopic, declare_topic
from apps.platform.notifications.operations import notify
from tests.tenancy.house import Tenant

NOTE = declare_topic(NotificationTopic("tests.canary", "Note of {name}", "This belongs to {name}."))


def fill(tenant: Tenant) -> None:
    """Make what the seed does not: notifications with the canary, beside strategies, connection, keys and people."""
    for name in ("maya", "olga"):
        person = tenant.seeded.people[name]
        notify(person.pk, NOTE.name, {"name": tenant.canary}, dedupe_key="canary")
