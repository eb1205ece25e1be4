"""Studies: the kernel's figures, the same bytes twice, paused, called off, taken over after a death, refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import Error, transaction

from apps.core.actors import Actor
from apps.core.clock import travel
from apps.trading.backtests import study_queries, tasks
from apps.trading.backtests.choices import PartState, StudyKind, StudyMethod, StudyState
from apps.trading.backtests.errors import BadCosts, BadSpace, StudyMissing, StudyOver, StudyTooLarge, TooManyStudies
from apps.trading.backtests.models import Study, StudyPart, StudyTrial
from apps.trading.backtests.operations import (
    LeaseLost,
    cancel_study,
    claim_part,
    finish_part,
    pause_study,
    resume_study,
    start_study,
    store_trials,
)
from apps.trading.backtests.study_execution import plan_of, work_on
from kernel.lab import Objective, best_point, run_points, source_of
from tests.apps.trading.backtests.study_samples import FAST, SLOW, study_of, work_off

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


class Died(BaseException):
    """The worker's process is gone."""


def start(owner: Any, version: Any, kind: StudyKind = StudyKind.OPTIMISE, **search: Any) -> Study:
    return start_study(actor=SYSTEM, owner_id=owner.pk, request=study_of(version, kind, **search))


def fresh(study: Study) -> Study:
    return Study.objects.get(pk=study.pk)


def outcome_of(study: Study) -> Any:
    return fresh(study).outcome


def test_optimising_gives_the_figures_of_the_kernel_twice(version: Any, customer: Any) -> None:
    study, again = start(customer, version), start(customer, version)
    assert (study.trials_total, study.parts.count()) == (16, 2)
    assert work_off(study) == 2
    done = fresh(study)
    assert (done.state, done.trials_done) == (StudyState.DONE, 16)
    plan = plan_of(done)
    trials = run_points(source_of(plan.data, plan.space, plan.material.spec), plan.points, plan.ground)
    best = best_point(trials)
    assert best is not None
    assert outcome_of(done)["best"] == {
        "point": best,
        "parameters": plan.space.parameters(best),
        "score": trials[best].score,
    }
    stored = {row.point: row for row in study_queries.list_trials(done)}
    assert {point: row.digest for point, row in stored.items()} == {key: item.digest for key, item in trials.items()}
    assert [check["name"] for check in outcome_of(done)["checks"]] == ["deflated_sharpe", "overfitting", "plateau"]
    assert not outcome_of(done)["passed"]
    assert (len(outcome_of(done)["map"]["cells"]), len(outcome_of(done)["map"]["cells"][0])) == (4, 4)
    assert study_queries.list_best_trials(done, 1)[0].point == best
    work_off(again)
    assert fresh(again).result_hash == done.result_hash != ""
    assert fresh(again).outcome == done.outcome


def test_drawn_numbers_follow_the_seed(version: Any, customer: Any) -> None:
    first, second = (
        start(customer, version, method=StudyMethod.RANDOM, budget=5, seed=seed, objective=Objective.TOTAL_RETURN)
        for seed in (1, 2)
    )
    for study in (first, second):
        work_off(study)
    points = [[row.point for row in study_queries.list_trials(study)] for study in (first, second)]
    assert points[0] == plan_of(first).space.drawn(1, 5) != points[1]
    assert fresh(first).result_hash != fresh(second).result_hash


def test_a_walk_forward_joins_its_folds_and_is_judged_by_five_checks(version: Any, customer: Any) -> None:
    study = start(customer, version, StudyKind.WALK_FORWARD, folds=3, embargo=10)
    assert (study.trials_total, study.parts.count()) == (16 * 4, 5)
    assert work_off(study) == 5
    done = fresh(study)
    outcome = outcome_of(done)
    assert (done.state, done.trials_done, outcome["walked"]) == (StudyState.DONE, 64, True)
    assert [check["name"] for check in outcome["checks"]][3:] == ["forward_sharpe", "forward_return"]
    folds, hour = outcome["folds"], 3_600_000
    assert [item["test_from"] - item["fit_to"] for item in folds] == [11 * hour] * 3
    assert all(before["test_to"] + hour == after["test_from"] for before, after in pairwise(folds))
    forward = outcome["forward"]
    assert forward["growth"][-1] - 1 == pytest.approx(forward["total_return"])
    assert forward["ts"][-1] == folds[-1]["test_to"]
    # What a fold chose is the best of its own trials, and of no other candles.
    for number, item in enumerate(folds, start=1):
        scored = [
            (-row.score, row.point, row) for row in study_queries.list_trials(done, number) if row.score is not None
        ]
        best = min(scored, key=lambda item: item[:2])[2]
        assert item["parameters"] == best.parameters
        assert item["fitted"] == best.figures


def test_monte_carlo_spreads_around_the_run(version: Any, customer: Any) -> None:
    study, again = (start(customer, version, StudyKind.MONTE_CARLO, budget=20, seed=3) for _ in range(2))
    for item in (study, again):
        work_off(item)
    outcome = outcome_of(study)
    assert outcome["paths"] == {"noise": 20, "drawn": 200, "shuffled": 200}
    for name in ("noise", "drawn", "shuffled"):
        assert outcome[name]["growth"] == sorted(outcome[name]["growth"])
        assert 0 <= outcome[name]["lost"] <= 1
    # The same trades in another order end where the run ends.
    assert outcome["shuffled"]["growth"][0] == pytest.approx(outcome["shuffled"]["growth"][-1])
    assert len(outcome["drawn"]["fan"]["curves"]) == 5
    assert fresh(study).result_hash == fresh(again).result_hash


def test_a_dead_worker_s_part_is_taken_over_where_it_stopped(
    version: Any, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = start(customer, version)
    work_off(whole)
    study = start(customer, version)
    monkeypatch.setattr("apps.trading.backtests.study_execution.STORED_WORK", 1)
    seen: list[int] = []

    def die(_part: StudyPart, count: int) -> None:
        seen.append(count)
        if len(seen) == 4:
            raise Died

    with pytest.raises(Died):
        work_on(study.pk, watch=die)
    assert (fresh(study).trials_done, StudyTrial.objects.filter(study=study).count()) == (3, 3)
    assert work_off(study) == 0
    with travel(timedelta(seconds=61)):
        assert work_off(study) == 2
    assert fresh(study).result_hash == fresh(whole).result_hash
    assert fresh(study).trials_done == 16


def test_who_lost_the_lease_writes_nothing(version: Any, customer: Any) -> None:
    study = start(customer, version)
    late = claim_part(actor=SYSTEM, study_id=study.pk)
    assert late is not None
    assert claim_part(actor=SYSTEM, study_id=study.pk) is None
    with travel(timedelta(seconds=61)):
        assert work_off(study) == 2
        for write in (
            lambda: store_trials(actor=SYSTEM, part=late, trials=[]),
            lambda: finish_part(actor=SYSTEM, part=late),
        ):
            with pytest.raises(LeaseLost):
                write()
    assert StudyTrial.objects.filter(study=study).count() == 16


def test_a_part_that_kills_three_workers_fails_the_study(version: Any, customer: Any) -> None:
    study = start(customer, version)
    for attempt in range(3):
        with travel(timedelta(minutes=2 * attempt)):
            assert claim_part(actor=SYSTEM, study_id=study.pk) is not None
    with travel(timedelta(minutes=10)):
        assert claim_part(actor=SYSTEM, study_id=study.pk) is None
    assert (fresh(study).state, fresh(study).error_code) == (StudyState.FAILED, "backtests.gave_up")


def test_paused_resumed_and_called_off(version: Any, customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.trading.backtests.study_execution.STORED_WORK", 1)
    study = start(customer, version)
    mine = {"actor": SYSTEM, "owner_id": customer.pk, "study_id": study.pk}

    def pause(_part: StudyPart, _count: int) -> None:
        if StudyTrial.objects.filter(study=study).count() == 5:
            pause_study(**mine)

    assert work_on(study.pk, watch=pause)
    assert (fresh(study).state, fresh(study).trials_done) == (StudyState.PAUSED, 6)
    assert pause_study(**mine).state == StudyState.PAUSED
    assert work_off(study) == 0
    assert resume_study(**mine).state == StudyState.RUNNING
    assert work_off(study) == 2
    assert (fresh(study).state, fresh(study).trials_done) == (StudyState.DONE, 16)
    for verb in (pause_study, resume_study, cancel_study):
        with pytest.raises(StudyOver):
            verb(**mine)
    other = start(customer, version)
    assert cancel_study(actor=SYSTEM, owner_id=customer.pk, study_id=other.pk).finished_at is not None
    assert cancel_study(actor=SYSTEM, owner_id=customer.pk, study_id=other.pk).state == StudyState.CANCELLED
    assert work_off(other) == 0


def test_celery_does_a_study_part_by_part(version: Any, customer: Any, on_commit: Any) -> None:
    with on_commit():
        study = start(customer, version, StudyKind.WALK_FORWARD, folds=2)
    assert fresh(study).state == StudyState.DONE
    assert set(study.parts.values_list("state", flat=True)) == {PartState.DONE}


def test_the_sweep_hands_out_what_is_silent(version: Any, customer: Any) -> None:
    study = start(customer, version)
    tasks.sweep()
    assert fresh(study).trials_done == 0
    with travel(timedelta(seconds=61)):
        tasks.sweep()
    assert fresh(study).state == StudyState.DONE


def test_what_cannot_be_studied_is_refused(version: Any, customer: Any) -> None:
    wide = replace(FAST, high=Decimal(409), step=Decimal(1))
    refused: list[tuple[type[Exception], dict[str, Any]]] = [
        (BadSpace, {"axes": ()}),
        (BadSpace, {"axes": (replace(FAST, paths=("entry.nothing",)),)}),
        (BadSpace, {"axes": (replace(FAST, step=Decimal(0)),)}),
        (BadSpace, {"axes": (FAST, SLOW), "budget": 15}),
        (BadSpace, {"axes": (wide, replace(SLOW, high=Decimal(429), step=Decimal(1)))}),
        (StudyTooLarge, {"axes": (wide, SLOW), "budget": 2_000}),
    ]
    for error, search in refused:
        with pytest.raises(error):
            start(customer, version, **search)
    with pytest.raises(BadSpace):
        start(customer, version, StudyKind.WALK_FORWARD, folds=2_000)
    request = study_of(version)
    with pytest.raises(BadCosts):
        start_study(
            actor=SYSTEM, owner_id=customer.pk, request=replace(request, run=replace(request.run, cash=Decimal(0)))
        )
    for _ in range(5):
        start(customer, version)
    with pytest.raises(TooManyStudies):
        start(customer, version)


def test_studies_are_their_owner_s_and_trials_stay(version: Any, customer: Any, other_customer: Any) -> None:
    study = start(customer, version)
    work_off(study)
    for verb in (pause_study, resume_study, cancel_study):
        with pytest.raises(StudyMissing):
            verb(actor=SYSTEM, owner_id=other_customer.pk, study_id=study.pk)
    row = StudyTrial.objects.filter(study=study).first()
    assert row is not None
    with pytest.raises(Error), transaction.atomic():
        StudyTrial.objects.filter(pk=row.pk).update(score=1.0)
    with pytest.raises(Error), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(state=StudyState.RUNNING)
