"""People with money in every place, made once a module: each test begins with them as they were made."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from apps.core.context import in_schema
from apps.platform.tenants.queries import get_tenant
from tests.conftest import ALPHA, BETA
from tests.contracts.digests import back_at_first, digest
from tests.contracts.money_ground import Person, prepare_tenant, settled

ALPHA_HOST, BETA_HOST = f"{ALPHA}.localhost", f"{BETA}.localhost"


@pytest.fixture(scope="module")
def _one_transaction(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Stay in one transaction while the module lasts; its tests are savepoints in it, and nothing of it is kept."""
    block: Any = transaction.atomic()
    block._from_testcase = True
    with django_db_blocker.unblock(), block:
        yield
        transaction.set_rollback(True)


@contextmanager
def _making(slug: str) -> Iterator[None]:
    with in_schema(get_tenant(slug).schema):
        yield
        connection.check_constraints()
        digest()


@pytest.fixture(scope="module")
def _settled_ann(_one_transaction: None) -> Person:
    with _making(ALPHA):
        prepare_tenant()
        return settled("ann", ALPHA_HOST)


@pytest.fixture(scope="module")
def _settled_bob(_settled_ann: Person) -> Person:
    with _making(ALPHA):
        return settled("bob", ALPHA_HOST)


@pytest.fixture(scope="module")
def _settled_far_ann(_one_transaction: None) -> Person:
    with _making(BETA):
        prepare_tenant()
        return settled("ann", BETA_HOST)


@pytest.fixture
def ann(_settled_ann: Person, tenant_a: Any) -> Person:
    """Return a customer of tenant A with money, an account at an exchange, and staff beside them."""
    with in_schema(tenant_a.schema):
        back_at_first()
    return _settled_ann.again()


@pytest.fixture
def bob(_settled_bob: Person, ann: Person) -> Person:
    """Return another such customer of tenant A."""
    return _settled_bob.again()


@pytest.fixture
def far_ann(_settled_far_ann: Person, tenant_b: Any) -> Person:
    """Return such a customer of tenant B with the name of the one of tenant A."""
    with in_schema(tenant_b.schema):
        back_at_first()
    return _settled_far_ann.again()
