"""Strategies: versions that never change, saved only over the version the person saw, seen only by their owner."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.models import AuditEvent
from apps.core.permissions import PermissionMissing
from apps.trading.strategies import operations, queries
from apps.trading.strategies.choices import StrategyState
from apps.trading.strategies.errors import (
    ExampleMissing,
    InvalidDocument,
    NothingChanged,
    StrategyArchived,
    StrategyMissing,
    VersionChanged,
    VersionMissing,
)
from apps.trading.strategies.models import Strategy, StrategyVersion
from kernel.strategy import EXAMPLES

pytestmark = pytest.mark.django_db
RULES = EXAMPLES[0].document


def rules(**changed: Any) -> dict[str, Any]:
    return {**RULES.model_dump(mode="json"), **changed}


@pytest.fixture
def strategy(customer: Any) -> Strategy:
    return operations.create_strategy(actor=Actor.of(customer), owner_id=customer.pk, document=rules())


def revise(customer: Any, strategy: Strategy, expected: int = 1, **changed: Any) -> StrategyVersion:
    return operations.revise_strategy(
        actor=Actor.of(customer),
        owner_id=customer.pk,
        strategy_id=strategy.pk,
        document=rules(**changed),
        expected=expected,
    )


def test_a_new_strategy_has_version_one_with_the_digest_of_its_rules(strategy: Strategy, customer: Any) -> None:
    version = queries.get_numbered_version(strategy.pk, customer.pk)
    assert (strategy.name, strategy.latest_number, version.number) == (RULES.name, 1, 1)
    assert version.document_hash == RULES.digest()
    assert queries.get_version(version.pk, owner_id=customer.pk) == RULES
    row = AuditEvent.objects.get(operation="strategies.create_strategy")
    assert row.actor_id == customer.pk


def test_a_revision_is_the_next_version_and_the_old_one_stays(strategy: Strategy, customer: Any) -> None:
    second = revise(customer, strategy, name="Renamed", timeframe="4h")
    strategy.refresh_from_db()
    assert (second.number, strategy.latest_number, strategy.name) == (2, 2, "Renamed")
    assert queries.get_numbered_version(strategy.pk, customer.pk, 1).parsed() == RULES
    assert [row.number for row in queries.list_versions(strategy.pk, customer.pk)] == [2, 1]
    assert [row.pk for row in queries.list_latest_versions(customer.pk)] == [second.pk]


def test_a_revision_over_a_version_that_is_not_the_newest_is_refused(strategy: Strategy, customer: Any) -> None:
    revise(customer, strategy, timeframe="4h")
    with pytest.raises(VersionChanged):
        revise(customer, strategy, timeframe="1d")
    assert StrategyVersion.objects.count() == 2


def test_saving_the_same_rules_again_adds_nothing(strategy: Strategy, customer: Any) -> None:
    with pytest.raises(NothingChanged):
        revise(customer, strategy)
    assert StrategyVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"timeframe": "7m"}, "timeframe"),
        ({"name": "a\x00b"}, "name"),
        ({"name": " x"}, "name"),
        ({"surprise": 1}, "surprise"),
        ({"entry": {"kind": "and", "conditions": []}}, "entry.conditions"),
        ({"sizing": {"kind": "percent_equity", "percent": "200"}}, "sizing.percent"),
    ],
)
def test_rules_that_are_no_strategy_are_refused_by_path(customer: Any, changed: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as refusal:
        operations.create_strategy(actor=Actor.of(customer), owner_id=customer.pk, document=rules(**changed))
    assert [problem.path for problem in refusal.value.problems] == [path]
    assert not Strategy.objects.exists()


def test_archived_strategies_are_not_offered_nor_changed_until_restored(strategy: Strategy, customer: Any) -> None:
    who: dict[str, Any] = {"actor": Actor.of(customer), "owner_id": customer.pk, "strategy_id": strategy.pk}
    operations.archive_strategy(**who)
    assert list(queries.list_strategies(customer.pk)) == []
    assert list(queries.list_latest_versions(customer.pk)) == []
    with pytest.raises(StrategyArchived):
        revise(customer, strategy, timeframe="4h")
    with pytest.raises(DomainError):
        operations.archive_strategy(**who)
    assert operations.restore_strategy(**who).state == StrategyState.ACTIVE
    assert StrategyVersion.objects.count() == 1


def test_the_gallery_is_cloned_as_ones_own(customer: Any) -> None:
    made = operations.clone_example(actor=Actor.of(customer), owner_id=customer.pk, key="macd_cross")
    assert queries.get_numbered_version(made.pk, customer.pk).parsed() == queries.get_example("macd_cross").document
    with pytest.raises(ExampleMissing):
        operations.clone_example(actor=Actor.of(customer), owner_id=customer.pk, key="nope")
    assert Strategy.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE strategies_strategyversion SET number = 7",
        "UPDATE strategies_strategyversion SET document = '{}'",
        "DELETE FROM strategies_strategyversion",
        "TRUNCATE strategies_strategyversion CASCADE",
        "DELETE FROM strategies_strategy",
        "UPDATE strategies_strategy SET state = 'gone'",
    ],
)
def test_the_database_keeps_versions_as_they_are(strategy: Strategy, statement: str) -> None:
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert StrategyVersion.objects.get().document_hash == RULES.digest()


def test_somebody_elses_strategy_is_not_found(strategy: Strategy, customer: Any, other_customer: Any) -> None:
    version = queries.get_numbered_version(strategy.pk, customer.pk)
    assert list(queries.list_strategies(other_customer.pk)) == []
    assert list(queries.list_versions(strategy.pk, other_customer.pk)) == []
    with pytest.raises(StrategyMissing):
        revise(other_customer, strategy, timeframe="4h")
    with pytest.raises(VersionMissing):
        queries.get_version(version.pk, owner_id=other_customer.pk)
    with pytest.raises(VersionMissing):
        queries.get_version(uuid4())
    assert StrategyVersion.objects.count() == 1


def test_a_key_without_the_scope_may_not_write(customer: Any) -> None:
    actor = Actor(Actor.of(customer).kind, customer.pk, "key", frozenset({"orders.place"}))
    with pytest.raises(PermissionMissing):
        operations.create_strategy(actor=actor, owner_id=customer.pk, document=rules())
    assert not Strategy.objects.exists()
