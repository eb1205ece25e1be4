"""The worker's side of studies: take a part, do its trials, store them as they come. Running it twice does it once."""

import logging
from collections.abc import Callable
from typing import Final
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError

from apps.core.errors import DomainError
from apps.trading.backtests.candles import load_material
from apps.trading.backtests.choices import StudyKind
from apps.trading.backtests.errors import AmountsTooLarge
from apps.trading.backtests.execution import DEFECT
from apps.trading.backtests.models import Study, StudyPart, StudyTrial
from apps.trading.backtests.operations import LeaseLost, claim_part, fail_study, finish_part, finish_study, store_trials
from apps.trading.backtests.operations.requests import BacktestRequest
from apps.trading.backtests.operations.work import WORKER
from apps.trading.backtests.study_outcome import Runner, row_of, trials_of, verdict_of
from apps.trading.backtests.study_plan import Plan, Search
from apps.trading.backtests.study_queries import list_trials
from apps.trading.strategies.queries import get_version

logger = logging.getLogger("outcry.backtests")
STORED_WORK: Final = 5_000_000
"""Candles over trials between two writes: well under a second."""
Watcher = Callable[[StudyPart, int], None]


def work_on(study_id: UUID, *, watch: Watcher | None = None) -> bool:
    """Do one part of a study; return whether there was one to do.

    Trials are stored as they come: who takes over a dead worker's part does only what is missing. After each write a
    pause or cancellation is obeyed. `watch(part, trials stored now)` is called before each write.
    """
    part = claim_part(actor=WORKER, study_id=study_id)
    if part is None:
        return False
    try:
        _do(part, watch)
    except LeaseLost:
        logger.info("another worker has the part", extra={"study": str(study_id)})
    except DomainError as refusal:
        _fail(part, refusal.code, refusal.text)
    except OverflowError:
        _fail(part, AmountsTooLarge.code, AmountsTooLarge.message)
    except SoftTimeLimitExceeded:
        # What is stored stays; the next worker goes on from there.
        raise
    except (OperationalError, InterfaceError):
        # The database went away: nothing can be written now; when the lease is over another worker goes on.
        raise
    except Exception:
        _fail(part, "core.defect", DEFECT)
        raise
    return True


def plan_of(study: Study) -> Plan:
    """Return the plan of a study over its candles. Raises what loading candles raises."""
    document = get_version(study.version_id)
    material = load_material(document, study.symbol, study.start, study.end, study.adjustment)
    return Plan(
        StudyKind(study.kind), Search.restored(study.settings), material, request_of_study(study).costs(), study.cash
    )


def request_of_study(study: Study) -> BacktestRequest:
    """Return the run whose numbers a study tries."""
    return BacktestRequest(
        version_id=study.version_id,
        symbol=study.symbol,
        start=study.start,
        end=study.end,
        cash=study.cash,
        taker_fee=study.taker_fee,
        slippage_bps=study.slippage_bps,
        adjusted=study.adjustment is not None,
    )


def _do(part: StudyPart, watch: Watcher | None) -> None:
    study = Study.objects.get(pk=part.study_id)
    plan = plan_of(study)
    if part.is_verdict:
        outcome, digest = verdict_of(study, plan)
        finish_study(actor=WORKER, part=part, outcome=outcome, result_hash=digest)
        return
    runner = Runner(plan, part.fold)
    if not _trials(study, part, runner, watch):
        return
    if part.fold:
        facts, series = runner.step(trials_of(list_trials(study, part.fold)))
        finish_part(actor=WORKER, part=part, facts=facts, series=series)
    else:
        finish_part(actor=WORKER, part=part)


def _trials(study: Study, part: StudyPart, runner: Runner, watch: Watcher | None) -> bool:
    """Do the trials that are missing; return whether the part is complete and the study goes on."""
    stored = set(list_trials(study, part.fold).values_list("number", flat=True))
    missing = [number for number in range(part.first, part.last) if number not in stored]
    step = max(1, STORED_WORK // max(1, len(runner.ground.bars)))
    for first in range(0, len(missing), step):
        rows: list[StudyTrial] = [
            row_of(study, part.fold, number, runner.run(number)) for number in missing[first : first + step]
        ]
        if watch is not None:
            watch(part, len(rows))
        if not store_trials(actor=WORKER, part=part, trials=rows):
            return False
    return True


def _fail(part: StudyPart, code: str, message: str) -> None:
    logger.info("study failed", extra={"study": str(part.study_id), "code": code})
    try:
        fail_study(actor=WORKER, part=part, code=code, message=message)
    except LeaseLost:
        logger.info("another worker has the part", extra={"study": str(part.study_id)})
