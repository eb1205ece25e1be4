"""Accounts: one per address, deactivated with an event, the same address free in another tenant."""

from typing import Any

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.ids import uuid7
from apps.core.models import OutboxEvent
from apps.platform.users.errors import AddressTaken, UserMissing
from apps.platform.users.models import User
from apps.platform.users.operations import deactivate_user, register_user

SYSTEM = Actor.system("tests")


def register(email: str) -> User:
    return register_user(actor=SYSTEM, email=email, password="a long enough password")


@pytest.mark.django_db
def test_one_account_per_address_in_any_spelling(tenant_b: Any) -> None:
    register("Ann@Example.test")
    with pytest.raises(AddressTaken):
        register(" ann@EXAMPLE.test ")
    assert User.objects.count() == 1
    with in_schema(tenant_b.schema):
        assert register("ann@example.test").email == "ann@example.test"


@pytest.mark.django_db
def test_the_database_refuses_another_spelling() -> None:
    user = register("ann@example.test")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(email="Ann@example.test")


@pytest.mark.django_db
def test_deactivation_is_an_event_and_an_unknown_account_is_not_found() -> None:
    user = register("ann@example.test")
    deactivate_user(actor=SYSTEM, user_id=user.pk, reason="asked to")
    user.refresh_from_db()
    assert not user.is_active
    assert OutboxEvent.objects.filter(name="users.user_deactivated").count() == 1
    with pytest.raises(UserMissing):
        deactivate_user(actor=SYSTEM, user_id=uuid7(), reason="asked to")
