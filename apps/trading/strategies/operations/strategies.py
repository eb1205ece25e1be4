"""Making strategies and new versions of them."""

import json
from uuid import UUID

from django.db.models import F

from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.core.transitions import transition
from apps.trading.strategies import queries
from apps.trading.strategies.choices import STRATEGY_STATES, StrategyState
from apps.trading.strategies.errors import (
    InvalidDocument,
    NothingChanged,
    StrategyArchived,
    TooManyStrategies,
    VersionChanged,
)
from apps.trading.strategies.models import Strategy, StrategyVersion
from kernel.rules import Problem
from kernel.strategy import InvalidDocumentError, StrategyDocument, parse_document

WRITE = declare("strategies.write", "Create, change and archive own strategies")
MOST_STRATEGIES = 500
MOST_VERSIONS = 1_000
LONGEST_PATH = 200


def read_document(data: object) -> StrategyDocument:
    """Return the rules in decoded JSON; raise InvalidDocument with every fault by its JSON path."""
    try:
        document = parse_document(data)
    except InvalidDocumentError as error:
        raise InvalidDocument(tuple(_printable(problem) for problem in error.problems)) from None
    if not document.name.isprintable() or document.name != document.name.strip():
        raise InvalidDocument((Problem("name", "has control characters, or spaces at its ends"),))
    return document


def _printable(problem: Problem) -> Problem:
    """The problem with a path and words that every face can write (keys of foreign JSON can be anything)."""

    def clean(text: str) -> str:
        return "".join(sign if sign.isprintable() else "�" for sign in text)[:LONGEST_PATH]

    return Problem(clean(problem.path), clean(problem.message))


@operation("strategies.create_strategy", permission=WRITE)
def create_strategy(*, actor: Actor, owner_id: UUID, document: object) -> Strategy:
    """Make a strategy with `document` (decoded JSON or a StrategyDocument) as version 1.

    Raises InvalidDocument and TooManyStrategies.
    """
    rules = document if isinstance(document, StrategyDocument) else read_document(document)
    if Strategy.objects.filter(owner_id=owner_id, state=StrategyState.ACTIVE).count() >= MOST_STRATEGIES:
        raise TooManyStrategies(most=MOST_STRATEGIES, what="strategies")
    strategy = Strategy.objects.create(owner_id=owner_id, name=rules.name)
    _add_version(strategy, 1, rules)
    return strategy


@operation("strategies.clone_example", permission=WRITE, audited=("key",))
def clone_example(*, actor: Actor, owner_id: UUID, key: str) -> Strategy:
    """Make a strategy from one of the gallery. Raises ExampleMissing and TooManyStrategies."""
    return create_strategy(actor=actor, owner_id=owner_id, document=queries.get_example(key).document)


@operation("strategies.revise_strategy", permission=WRITE, audited=("strategy_id", "expected"))
def revise_strategy(
    *,
    actor: Actor,
    owner_id: UUID,
    strategy_id: UUID,
    document: object,
    expected: int,
) -> StrategyVersion:
    """Add `document` as the version after `expected`, the newest that the caller saw.

    Raises StrategyMissing, StrategyArchived, InvalidDocument, NothingChanged, TooManyStrategies, and VersionChanged
    when somebody else was first.
    """
    strategy = queries.get_strategy(strategy_id, owner_id)
    if strategy.state != StrategyState.ACTIVE:
        raise StrategyArchived
    rules = document if isinstance(document, StrategyDocument) else read_document(document)
    if strategy.latest_number != expected:
        raise VersionChanged(expected=expected, latest=strategy.latest_number)
    if expected >= MOST_VERSIONS:
        raise TooManyStrategies(most=MOST_VERSIONS, what="versions of a strategy")
    newest = queries.get_numbered_version(strategy_id, owner_id, expected)
    if newest.document_hash == rules.digest():
        raise NothingChanged(number=expected)
    unchanged = Strategy.objects.filter(pk=strategy.pk, latest_number=expected, state=StrategyState.ACTIVE)
    if not unchanged.update(latest_number=F("latest_number") + 1, name=rules.name):
        strategy.refresh_from_db()
        raise VersionChanged(expected=expected, latest=strategy.latest_number)
    return _add_version(strategy, expected + 1, rules)


@operation("strategies.archive_strategy", permission=WRITE, audited=("strategy_id",))
def archive_strategy(*, actor: Actor, owner_id: UUID, strategy_id: UUID) -> Strategy:
    """Put a strategy away; what runs with one of its versions goes on. Raises StrategyMissing and MoveNotAllowed."""
    strategy = queries.get_strategy(strategy_id, owner_id)
    return transition(strategy, "archive", table=STRATEGY_STATES, expected=strategy.state, actor=actor)


@operation("strategies.restore_strategy", permission=WRITE, audited=("strategy_id",))
def restore_strategy(*, actor: Actor, owner_id: UUID, strategy_id: UUID) -> Strategy:
    """Take an archived strategy back into use. Raises StrategyMissing and MoveNotAllowed."""
    strategy = queries.get_strategy(strategy_id, owner_id)
    return transition(strategy, "restore", table=STRATEGY_STATES, expected=strategy.state, actor=actor)


def _add_version(strategy: Strategy, number: int, rules: StrategyDocument) -> StrategyVersion:
    return StrategyVersion.objects.create(
        strategy=strategy, number=number, document=json.loads(rules.canonical_json()), document_hash=rules.digest()
    )
