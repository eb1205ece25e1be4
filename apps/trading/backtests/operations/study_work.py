"""What workers report of studies. Each write names the lease it was made under; a lost lease changes nothing."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import F

from apps.core.actors import Actor
from apps.core.clock import now
from apps.core.operation import operation
from apps.core.transitions import transition
from apps.trading.backtests.choices import PART_STATES, STUDY_STATES, PartState, StudyState
from apps.trading.backtests.models import Study, StudyPart, StudyTrial
from apps.trading.backtests.operations.requests import PICK_UP_WITHIN, RUN
from apps.trading.backtests.operations.work import LeaseLost

LEASE: Final = timedelta(seconds=60)
MOST_ATTEMPTS: Final = 3
"""Workers that may die over one part without having stored anything."""
GAVE_UP = ("backtests.gave_up", "Workers died over this study again and again. Shorten the span and try again.")


@operation("backtests.claim_part", permission=RUN, trail=False)
def claim_part(*, actor: Actor, study_id: UUID) -> StudyPart | None:
    """Take the lease of the first part that nobody works on; None when there is nothing to do now.

    The verdict is taken only when all trials are stored. A part that used up its workers fails the study.
    """
    study = Study.objects.select_for_update().filter(pk=study_id, state=StudyState.RUNNING).first()
    if study is None:
        return None
    waiting = list(StudyPart.objects.filter(study=study, state=PartState.WAITING).order_by("number"))
    free = [part for part in waiting if part.lease_until <= now() and (not part.is_verdict or len(waiting) == 1)]
    if not free:
        return None
    part = free[0]
    if part.attempts >= MOST_ATTEMPTS:
        _close(study, "fail", actor, error_code=GAVE_UP[0], error_message=GAVE_UP[1])
        return None
    StudyPart.objects.filter(pk=part.pk).update(
        lease_epoch=F("lease_epoch") + 1, attempts=F("attempts") + 1, lease_until=now() + LEASE
    )
    Study.objects.filter(pk=study.pk).update(wake_at=now() + LEASE)
    part.refresh_from_db()
    return part


@operation("backtests.store_trials", permission=RUN, trail=False)
def store_trials(*, actor: Actor, part: StudyPart, trials: Sequence[StudyTrial]) -> bool:
    """Store trials of a part and renew its lease; return whether to go on.

    When the owner paused or cancelled meanwhile the trials are kept and the part is given back. Raises LeaseLost.
    """
    study = _held(part)
    made = StudyTrial.objects.bulk_create(trials)
    goes_on = study.state == StudyState.RUNNING
    until = now() + LEASE if goes_on else now()
    StudyPart.objects.filter(pk=part.pk).update(lease_until=until, attempts=0)
    Study.objects.filter(pk=study.pk).update(trials_done=F("trials_done") + len(made), wake_at=now() + LEASE)
    return goes_on


@operation("backtests.finish_part", permission=RUN, trail=False)
def finish_part(
    *, actor: Actor, part: StudyPart, facts: dict[str, Any] | None = None, series: bytes | None = None
) -> StudyPart:
    """Close a part whose trials are all stored. Raises LeaseLost."""
    _held(part)
    return transition(
        part, "finish", table=PART_STATES, expected=PartState.WAITING, actor=actor, facts=facts, series=series
    )


@operation("backtests.finish_study", permission=RUN, trail=False)
def finish_study(*, actor: Actor, part: StudyPart, outcome: dict[str, Any], result_hash: str) -> Study:
    """Store the verdict and close the study with its last part. Raises LeaseLost, also when the study was paused."""
    study = _held(part)
    if study.state != StudyState.RUNNING:
        raise LeaseLost
    transition(part, "finish", table=PART_STATES, expected=PartState.WAITING, actor=actor)
    return _close(study, "finish", actor, outcome=outcome, result_hash=result_hash)


@operation("backtests.fail_study", permission=RUN, trail=False)
def fail_study(*, actor: Actor, part: StudyPart, code: str, message: str) -> Study:
    """Close a study that cannot be done, with the reason its owner reads. Raises LeaseLost."""
    study = _held(part)
    if study.state != StudyState.RUNNING:
        raise LeaseLost
    return _close(study, "fail", actor, error_code=code[:80], error_message=message[:500])


@operation("backtests.give_back_study", permission=RUN, trail=False)
def give_back_study(*, actor: Actor, study_id: UUID) -> None:
    """Let a silent study wait for workers a while before the sweep hands it out again."""
    Study.objects.filter(pk=study_id, state=StudyState.RUNNING).update(wake_at=now() + PICK_UP_WITHIN)


def _held(part: StudyPart) -> Study:
    """Return the study, locked, of a part whose lease is still this worker's; or LeaseLost."""
    study = Study.objects.select_for_update().get(pk=part.study_id)
    mine = StudyPart.objects.filter(pk=part.pk, state=PartState.WAITING, lease_epoch=part.lease_epoch)
    if not mine.exists():
        raise LeaseLost
    return study


def _close(study: Study, event: str, actor: Actor, **changes: Any) -> Study:
    return transition(study, event, table=STUDY_STATES, expected=study.state, actor=actor, finished_at=now(), **changes)
