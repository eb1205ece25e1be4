"""Asking for a study, pausing it, going on with it, calling it off."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.context import current_schema
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.backtests import study_queries
from apps.trading.backtests.candles import load_material, newest_adjustment
from apps.trading.backtests.choices import STUDY_STATES, StudyKind, StudyState
from apps.trading.backtests.errors import StudyOver, TooManyStudies
from apps.trading.backtests.models import Study, StudyPart
from apps.trading.backtests.operations.requests import PICK_UP_WITHIN, RUN, BacktestRequest
from apps.trading.backtests.study_plan import Plan, Search
from apps.trading.strategies.queries import get_version_row

MOST_OPEN_STUDIES: Final = 5
AT_ONCE: Final = 4
"""Parts of one study that are handed out at the start; each that is done hands out the next."""

_queue: list[Callable[[str, UUID], None]] = []


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What to study: the run whose numbers are tried (span, money, costs), and how."""

    run: BacktestRequest
    kind: StudyKind
    search: Search = field(default_factory=Search)


def on_study_queued(function: Callable[[str, UUID], None]) -> None:
    """Register what hands a part of a study (schema, id of the study) to the workers."""
    _queue[:] = [function]


def hand_out(schema: str, study_id: UUID, times: int = 1) -> None:
    """Ask workers to take that many parts of a study."""
    for function in _queue:
        for _ in range(times):
            function(schema, study_id)


@operation("backtests.start_study", permission=RUN)
def start_study(*, actor: Actor, owner_id: UUID, request: StudyRequest) -> Study:
    """Store a study with its parts and hand them to the workers once it is committed; return the row.

    Everything that can be refused is refused here: what start_backtest refuses of the run, BadSpace, StudyTooLarge,
    TooManyStudies.
    """
    run = request.run
    version = get_version_row(run.version_id, owner_id=owner_id)
    document = version.parsed()
    costs = run.costs()
    adjustment = newest_adjustment(run.symbol) if run.adjusted else None
    material = load_material(document, run.symbol, run.start, run.end, adjustment)
    parts = Plan(request.kind, request.search, material, costs, run.cash).parts()
    if study_queries.count_open_studies(owner_id) >= MOST_OPEN_STUDIES:
        raise TooManyStudies(most=MOST_OPEN_STUDIES)
    study = Study.objects.create(
        owner_id=owner_id,
        version=version,
        document_hash=version.document_hash,
        kind=request.kind,
        symbol=run.symbol,
        interval=document.timeframe,
        start=run.start,
        end=run.end,
        cash=run.cash,
        taker_fee=run.taker_fee,
        slippage_bps=run.slippage_bps,
        adjustment=adjustment,
        settings=request.search.stored(),
        trials_total=sum(part.last - part.first for part in parts),
        wake_at=now() + PICK_UP_WITHIN,
    )
    StudyPart.objects.bulk_create(
        StudyPart(study=study, number=number, fold=part.fold, first=part.first, last=part.last, lease_until=now())
        for number, part in enumerate(parts)
    )
    _after_commit(study, min(AT_ONCE, len(parts)))
    return study


@operation("backtests.pause_study", permission=RUN, audited=("study_id",))
def pause_study(*, actor: Actor, owner_id: UUID, study_id: UUID) -> Study:
    """Let workers stop after the trial they are at; what is done is kept. Repeating it changes nothing.

    Raises StudyMissing and StudyOver.
    """
    study = _locked(study_id, owner_id)
    if study.state == StudyState.PAUSED:
        return study
    return _moved(study, "pause", actor)


@operation("backtests.resume_study", permission=RUN, audited=("study_id",))
def resume_study(*, actor: Actor, owner_id: UUID, study_id: UUID) -> Study:
    """Go on with a paused study. Repeating it changes nothing. Raises StudyMissing and StudyOver."""
    study = _locked(study_id, owner_id)
    if study.state == StudyState.RUNNING:
        return study
    moved = _moved(study, "resume", actor)
    Study.objects.filter(pk=study.pk).update(wake_at=now() + PICK_UP_WITHIN)
    _after_commit(study, AT_ONCE)
    return moved


@operation("backtests.cancel_study", permission=RUN, audited=("study_id",))
def cancel_study(*, actor: Actor, owner_id: UUID, study_id: UUID) -> Study:
    """Call a study off; workers stop after the trial they are at. Repeating it changes nothing.

    Raises StudyMissing and StudyOver.
    """
    study = _locked(study_id, owner_id)
    if study.state == StudyState.CANCELLED:
        return study
    moved = _moved(study, "cancel", actor)
    Study.objects.filter(pk=study.pk).update(finished_at=now())
    moved.refresh_from_db()
    return moved


def _locked(study_id: UUID, owner_id: UUID) -> Study:
    return Study.objects.select_for_update().get(pk=study_queries.get_study(study_id, owner_id).pk)


def _moved(study: Study, event: str, actor: Actor) -> Study:
    if study.state not in STUDY_STATES.moves[event]:
        raise StudyOver(state=study.state)
    return transition(study, event, table=STUDY_STATES, expected=study.state, actor=actor)


def _after_commit(study: Study, times: int) -> None:
    schema = current_schema()
    # If the broker is away the rows stay, and the sweep hands them over later.
    transaction.on_commit(lambda: hand_out(schema, study.pk, times), robust=True)
