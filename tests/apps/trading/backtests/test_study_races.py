"""Four workers over one study, with real commits: each trial is done once; the verdict is that of a lone worker."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.platform.tenants.queries import get_tenant
from apps.trading.backtests import tasks
from apps.trading.backtests.choices import StudyKind, StudyState
from apps.trading.backtests.models import Study, StudyPart, StudyTrial
from apps.trading.backtests.operations import start_study
from apps.trading.backtests.operations.studies import on_study_queued
from apps.trading.backtests.study_execution import work_on
from tests.apps.trading.backtests.prepared import make_version, store_real_candles
from tests.apps.trading.backtests.study_samples import study_of, work_off
from tests.apps.trading.backtests.test_backtest_races import together
from tests.factories.people import make_customer

pytestmark = pytest.mark.real_commit
SYSTEM = Actor.system("tests")


@pytest.fixture
def _away() -> Iterator[None]:
    """Let the broker be away, so that studies wait for these tests' own workers."""
    on_study_queued(lambda _schema, _study_id: None)
    yield
    tasks.register()


@pytest.mark.usefixtures("_away")
def test_four_workers_do_a_study_once(real_db: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.trading.backtests.study_plan._PART_TRIALS", 3)
    monkeypatch.setattr("apps.trading.backtests.study_execution.STORED_WORK", 1)
    with in_schema(get_tenant("alpha").schema):
        store_real_candles("BTCUSDT")
        owner = make_customer("studious@example.test")
        request = study_of(make_version(owner), StudyKind.WALK_FORWARD, folds=2)
        alone, shared = (start_study(actor=SYSTEM, owner_id=owner.pk, request=request) for _ in range(2))
        assert StudyPart.objects.filter(study=shared).count() == 6 + 2 + 1
        work_off(alone)

    def work(_: int) -> int:
        done = 0
        while Study.objects.get(pk=shared.pk).state == StudyState.RUNNING:
            done += work_on(shared.pk)
        return done

    counts: list[Any] = together(work)
    with in_schema(get_tenant("alpha").schema):
        done = Study.objects.get(pk=shared.pk)
        assert (done.state, done.trials_done) == (StudyState.DONE, 48)
        assert sum(counts) == 9
        assert set(StudyPart.objects.filter(study=shared).values_list("lease_epoch", flat=True)) == {1}
        assert StudyTrial.objects.filter(study=shared).count() == 48
        assert done.result_hash == Study.objects.get(pk=alone.pk).result_hash
