"""Reading strategies. Results of back-tests and counts of bots come from the apps above, which register here."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from apps.core.view import Figure
from apps.trading.strategies.choices import StrategyState
from apps.trading.strategies.errors import ExampleMissing, StrategyMissing, VersionMissing
from apps.trading.strategies.models import Strategy, StrategyVersion
from kernel.strategy import EXAMPLES, Example, StrategyDocument

Version = StrategyVersion
"""A version as other apps get it: `pk`, `strategy`, `number`, `document_hash`, `parsed()`."""


@dataclass(frozen=True, slots=True)
class LastResult:
    """What the newest finished back-test of a strategy or version came to, ready to show."""

    symbol: str
    result: Figure
    holding: Figure
    url: str


ResultsOf = Callable[[UUID, Collection[UUID]], Mapping[UUID, LastResult]]
"""(owner, ids of versions) → the newest result of each version that has one."""
RowsOf = Callable[[UUID, UUID], Sequence[Any]]
"""(owner, id of a strategy) → rows for the table of back-tests."""
CountsOf = Callable[[UUID, Collection[UUID]], Mapping[UUID, int]]
"""(owner, ids of strategies) → how many bots run each."""

_results: list[ResultsOf] = []
_rows: list[RowsOf] = []
_counts: list[CountsOf] = []


def show_backtests(*, results: ResultsOf, rows: RowsOf) -> None:
    """Register where results of back-tests come from (called by backtests when the product starts)."""
    _results[:] = [results]
    _rows[:] = [rows]


def show_bots(counts: CountsOf) -> None:
    """Register where counts of bots come from (called by bots when the product starts)."""
    _counts[:] = [counts]


def results_of(owner_id: UUID, version_ids: Collection[UUID]) -> Mapping[UUID, LastResult]:
    """Return the newest back-test result of each version that has one."""
    return _results[0](owner_id, version_ids) if _results and version_ids else {}


def backtests_of(owner_id: UUID, strategy_id: UUID) -> Sequence[Any]:
    """Return the rows of a strategy's newest back-tests."""
    return _rows[0](owner_id, strategy_id) if _rows else []


def bots_of(owner_id: UUID, strategy_ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Return how many bots run each strategy."""
    return _counts[0](owner_id, strategy_ids) if _counts and strategy_ids else {}


def list_strategies(owner_id: UUID, state: str | None = StrategyState.ACTIVE) -> QuerySet[Strategy]:
    """Return a person's strategies, newest first; with state None the archived ones too."""
    found = Strategy.objects.filter(owner_id=owner_id).order_by("-id")
    return found if state is None else found.filter(state=state)


def get_strategy(strategy_id: UUID, owner_id: UUID) -> Strategy:
    """Return a strategy of a person, or raise StrategyMissing."""
    found = Strategy.objects.filter(pk=strategy_id, owner_id=owner_id).first()
    if found is None:
        raise StrategyMissing
    return found


def list_versions(strategy_id: UUID, owner_id: UUID) -> QuerySet[StrategyVersion]:
    """Return the versions of a person's strategy, newest first."""
    return StrategyVersion.objects.filter(strategy_id=strategy_id, strategy__owner_id=owner_id).order_by("-id")


def list_latest_versions(owner_id: UUID) -> QuerySet[StrategyVersion]:
    """Return the newest version of each active strategy of a person, newest strategy first."""
    found = StrategyVersion.objects.filter(strategy__owner_id=owner_id, strategy__state=StrategyState.ACTIVE)
    return found.filter(number=F("strategy__latest_number")).select_related("strategy").order_by("-strategy_id")


def get_version(version_id: UUID, *, owner_id: UUID | None = None) -> StrategyDocument:
    """Return the rules of a version; with `owner_id` only if it is that person's. Raises VersionMissing."""
    return get_version_row(version_id, owner_id=owner_id).parsed()


def get_version_row(version_id: UUID, *, owner_id: UUID | None = None) -> StrategyVersion:
    """Return a version with its strategy; with `owner_id` only if it is that person's. Raises VersionMissing."""
    found = StrategyVersion.objects.select_related("strategy").filter(pk=version_id)
    if owner_id is not None:
        found = found.filter(strategy__owner_id=owner_id)
    row = found.first()
    if row is None:
        raise VersionMissing
    return row


def get_numbered_version(strategy_id: UUID, owner_id: UUID, number: int | None = None) -> StrategyVersion:
    """Return a version of a person's strategy by its number (None: the newest). Raises VersionMissing."""
    found = StrategyVersion.objects.select_related("strategy").filter(
        strategy_id=strategy_id, strategy__owner_id=owner_id
    )
    wanted = F("strategy__latest_number") if number is None else number
    row = None if isinstance(wanted, int) and not 1 <= wanted < 2**31 else found.filter(number=wanted).first()
    if row is None:
        raise VersionMissing
    return row


def list_examples() -> tuple[Example, ...]:
    """Return the gallery: ready strategies to start from, simplest first."""
    return EXAMPLES


def get_example(key: str) -> Example:
    """Return a strategy of the gallery, or raise ExampleMissing."""
    for example in EXAMPLES:
        if example.key == key:
            return example
    raise ExampleMissing(key=key[:40])
