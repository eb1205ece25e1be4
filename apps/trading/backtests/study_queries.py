"""Reading studies."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.trading.backtests.choices import OPEN_STUDY_STATES, PartState, StudyState
from apps.trading.backtests.errors import StudyMissing
from apps.trading.backtests.models import Study, StudyPart, StudyTrial


def list_studies(owner_id: UUID) -> QuerySet[Study]:
    """Return a person's studies with their versions, newest first."""
    return Study.objects.filter(owner_id=owner_id).select_related("version__strategy").order_by("-id")


def get_study(study_id: UUID, owner_id: UUID) -> Study:
    """Return a study of a person, or raise StudyMissing."""
    found = list_studies(owner_id).filter(pk=study_id).first()
    if found is None:
        raise StudyMissing
    return found


def list_best_trials(study: Study, most: int = 20) -> list[StudyTrial]:
    """Return the trials of the whole span with the highest scores, best first."""
    found = StudyTrial.objects.filter(study=study, fold=0, score__isnull=False).defer("sums")
    return list(found.order_by("-score", "point")[:most])


def list_trials(study: Study, fold: int = 0) -> QuerySet[StudyTrial]:
    """Return the trials of a fold (0: the whole span) in their order."""
    return StudyTrial.objects.filter(study=study, fold=fold).order_by("number")


def list_walked(study: Study) -> Sequence[StudyPart]:
    """Return the finished steps of a walk forward, oldest first."""
    return list(StudyPart.objects.filter(study=study, fold__gt=0, state=PartState.DONE).order_by("fold"))


def count_open_studies(owner_id: UUID) -> int:
    """Return how many studies of a person run or are paused."""
    return Study.objects.filter(owner_id=owner_id, state__in=OPEN_STUDY_STATES).count()


def list_silent_studies(at: datetime) -> list[UUID]:
    """Return the running studies of this schema of which nobody has said anything lately."""
    silent = Study.objects.filter(state=StudyState.RUNNING, wake_at__lt=at).order_by("wake_at")
    return list(silent.values_list("pk", flat=True)[:100])
