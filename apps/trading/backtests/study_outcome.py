"""What a study came to: trials as rows and back, the step of a fold, and the verdict as JSON."""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import numpy as np

from apps.trading.backtests.choices import StudyKind
from apps.trading.backtests.models import Study, StudyTrial
from apps.trading.backtests.study_plan import ENGINE, Plan
from apps.trading.backtests.study_queries import list_trials, list_walked
from kernel.lab import (
    Fan,
    Floats,
    Fold,
    Moments,
    Trial,
    best_point,
    deepest_falls,
    fan_of,
    heat_map,
    judge,
    judged,
    moments,
    noisy_bars,
    run_compiled,
    run_point,
    shuffled_trades,
    source_of,
    stationary_bootstrap,
    step_forward,
)
from kernel.lab.search import fit_ground

NOISE: Final = 0.5
"""Standard deviation of the noise on a close, as part of its candle's height."""
MEAN_BLOCK: Final = 20
"""Candles in a row that are drawn together, on average."""
DRAWN_POINTS: Final = 200
_MOST_PERIODS: Final = 1_000
_MOST_PATHS: Final = 1_000
_SCORE: Final = Decimal("0.000000000001")
_SUMS: Final = np.dtype("<f8")
_FIGURES: Final = ("growth", "sharpe", "deepest_fall")


class Runner:
    """Runs the trials of one fold of a study."""

    def __init__(self, plan: Plan, fold: int) -> None:
        self.plan = plan
        self.fold: Fold | None = next((item for item in plan.folds if item.number == fold), None)
        # What is fitted is given no candle after the fit.
        self.ground = plan.ground if self.fold is None else fit_ground(plan.ground, self.fold)
        self.source = None
        if plan.kind != StudyKind.MONTE_CARLO:
            self.source = source_of(plan.data, plan.space, plan.material.spec)

    def run(self, number: int) -> tuple[int, dict[str, str], Trial | None]:
        """Return point, parameters and figures of a trial. Raises OverflowError."""
        point = self.plan.points[number]
        if self.source is None:
            bars = noisy_bars(self.plan.material.bars, self.plan.search.seed * 1_000_003 + number, strength=NOISE)
            ground = self.plan.ground.over(bars)
            return point, {}, judged(run_compiled(self.plan.material.compiled, ground), ground)
        return point, self.plan.space.parameters(point), run_point(self.source, point, self.ground)

    def step(self, trials: Mapping[int, Trial]) -> tuple[dict[str, Any], bytes]:
        """Try what fitted best on the candles that follow; return the facts and the packed returns."""
        assert self.fold is not None
        assert self.source is not None
        step = step_forward(self.source, best_point(dict(trials)), dict(trials), self.plan.ground, self.fold)
        ts = self.plan.material.span.ts
        fold = self.fold
        facts = {
            "fit_from": int(ts[fold.fit_first]),
            "fit_to": int(ts[fold.fit_last - 1]),
            "test_from": int(ts[fold.test_first]),
            "test_to": int(ts[fold.test_last - 1]),
            "parameters": None if step.point is None else self.plan.space.parameters(step.point),
            "fitted": None if step.fitted is None else figures_of(step.fitted),
            "tried": None if step.tried is None else figures_of(step.tried),
        }
        return facts, zlib.compress(step.returns.astype(_SUMS).tobytes(), 1)


def row_of(study: Study, fold: int, number: int, ran: tuple[int, dict[str, str], Trial | None]) -> StudyTrial:
    """Return the row of a trial, not yet stored."""
    point, parameters, trial = ran
    return StudyTrial(
        study=study,
        fold=fold,
        number=number,
        point=point,
        parameters=parameters,
        score=None if trial is None or trial.score is None else Decimal(repr(trial.score)).quantize(_SCORE),
        figures={} if trial is None else figures_of(trial),
        sums=b"" if trial is None else trial.sums.astype(_SUMS).tobytes(),
        digest="" if trial is None else trial.digest,
    )


def figures_of(trial: Trial) -> dict[str, Any]:
    """Return the figures of a trial as JSON; numbers are text that reads back to the same float."""
    found = trial.found
    return {
        **{name: repr(getattr(trial, name)) for name in _FIGURES},
        "score": None if trial.score is None else repr(trial.score),
        "trades": trial.trades,
        "bars": found.count,
        "bar_sharpe": repr(found.sharpe),
        "skewness": repr(found.skewness),
        "kurtosis": repr(found.kurtosis),
    }


def trials_of(rows: Iterable[StudyTrial]) -> dict[int, Trial]:
    """Return the trials of rows by point; those whose numbers did not go together are left out."""
    return {row.point: _trial(row) for row in rows if row.figures}


def _trial(row: StudyTrial) -> Trial:
    given = row.figures
    return Trial(
        score=None if given["score"] is None else float(given["score"]),
        trades=given["trades"],
        found=Moments(given["bars"], *(float(given[name]) for name in ("bar_sharpe", "skewness", "kurtosis"))),
        sums=np.frombuffer(bytes(row.sums), _SUMS).reshape(-1, 3),
        returns=np.empty(0),
        digest=row.digest,
        **{name: float(given[name]) for name in _FIGURES},
    )


def verdict_of(study: Study, plan: Plan) -> tuple[dict[str, Any], str]:
    """Return the outcome of a study whose trials are all stored, and its hash."""
    rows = list(list_trials(study))
    facts = {
        "engine": ENGINE,
        "data_hash": plan.material.data_hash(),
        "document_hash": study.document_hash,
        "bars": len(plan.material.span),
    }
    found = _monte_carlo(plan, rows) if study.kind == StudyKind.MONTE_CARLO else _searched(study, plan, rows)
    outcome = {**facts, **found}
    digest = hashlib.sha256(json.dumps([study.settings, outcome], sort_keys=True, separators=(",", ":")).encode())
    for row in rows:
        digest.update(f"{row.number}:{row.digest};".encode())
    return outcome, digest.hexdigest()


def _searched(study: Study, plan: Plan, rows: list[StudyTrial]) -> dict[str, Any]:
    trials = trials_of(rows)
    walked = list_walked(study)
    forward = None
    if study.kind == StudyKind.WALK_FORWARD:
        forward = np.concatenate([np.frombuffer(zlib.decompress(bytes(part.series or b"")), _SUMS) for part in walked])
    verdict = judge(plan.space, trials, forward)
    best = best_point(trials)
    checks = [{name: getattr(item, name) for name in item.__dataclass_fields__} for item in verdict.checks]
    return {
        "passed": verdict.passed,
        "walked": verdict.walked,
        "checks": [{**item, "value": _finite(item["value"])} for item in checks],
        "trials": len(rows),
        "judged": sum(trial.score is not None for trial in trials.values()),
        "best": None
        if best is None
        else {"point": best, "parameters": plan.space.parameters(best), "score": trials[best].score},
        "map": _map(plan, trials),
        "folds": [part.facts for part in walked],
        "forward": None if forward is None else _forward(plan, forward),
    }


def _map(plan: Plan, trials: Mapping[int, Trial]) -> dict[str, Any]:
    """The best score for each pair of values of the first two numbers (one row when there is one number)."""
    space = plan.space
    columns = 1 if len(space.shape) > 1 else 0
    scores = {point: trial.score for point, trial in trials.items()}
    cells = heat_map(space, scores, 0, columns) if columns else np.diag(heat_map(space, scores, 0, 0))[None, :]
    across, down = space.dimensions[columns], space.dimensions[0]
    return {
        "rows": {"name": down.name if columns else "", "values": [str(v) for v in down.values] if columns else [""]},
        "columns": {"name": across.name, "values": [str(value) for value in across.values]},
        "cells": [[_finite(value) for value in row] for row in cells.tolist()],
    }


def _forward(plan: Plan, forward: Floats) -> dict[str, Any]:
    growth = np.concatenate(([1.0], np.cumprod(1.0 + forward)))
    first = plan.folds[0].test_first - 1
    places = np.unique(np.linspace(0, len(forward), DRAWN_POINTS).astype(np.int64))
    ts = plan.material.span.ts[first:][places]
    close = plan.material.span.close[first:][places].astype(np.float64)
    found = moments(forward)
    year = 365 * 86_400_000 / plan.material.compiled.document.interval_ms
    return {
        "total_return": float(growth[-1] - 1.0),
        "sharpe": found.sharpe * math.sqrt(year),
        "deepest_fall": float(deepest_falls(growth[None, :])[0]),
        "ts": ts.tolist(),
        "growth": growth[places].tolist(),
        "holding": (close / close[0]).tolist(),
    }


def _monte_carlo(plan: Plan, rows: list[StudyTrial]) -> dict[str, Any]:
    ground, seed = plan.ground, plan.search.seed
    result = run_compiled(plan.material.compiled, ground)
    base = judged(result, ground)
    paths = min(_MOST_PATHS, max(200, plan.search.budget))
    gains = result.trades.profit / np.maximum(result.trades.invested, 1)
    noisy = [(float(row.figures["growth"]), float(row.figures["deepest_fall"])) for row in rows]
    periods = _thinned(base.returns)
    block = max(1.0, MEAN_BLOCK * len(periods) / max(1, len(base.returns)))
    drawn = stationary_bootstrap(periods, paths, seed, mean_block=block)
    return {
        "base": figures_of(base),
        "paths": {"noise": len(noisy), "drawn": paths, "shuffled": paths if len(gains) > 1 else 0},
        "noise": _spread(np.array([item[0] for item in noisy]), np.array([item[1] for item in noisy])),
        "drawn": {**_spread(drawn[:, -1], deepest_falls(drawn)), "fan": _fan(fan_of(drawn, points=DRAWN_POINTS))},
        "shuffled": None if len(gains) < 2 else _shuffled(gains, paths, seed),
    }


def _shuffled(gains: Floats, paths: int, seed: int) -> dict[str, Any]:
    growth = shuffled_trades(gains[-_MOST_PERIODS:], paths, seed)
    return _spread(growth[:, -1], deepest_falls(growth))


def _thinned(returns: Floats) -> Floats:
    """At most `_MOST_PERIODS` returns, each of as many candles in a row: paths of a million candles fit no memory."""
    if len(returns) <= _MOST_PERIODS:
        return returns
    edges = np.linspace(0, len(returns), _MOST_PERIODS + 1).astype(np.int64)
    thinned: Floats = np.expm1(np.add.reduceat(np.log1p(np.maximum(returns, -0.999999)), edges[:-1]))
    return thinned


def _spread(growth: Floats, falls: Floats) -> dict[str, Any]:
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    return {
        "levels": list(levels),
        "growth": np.quantile(growth, levels).tolist(),
        "deepest_fall": np.quantile(falls, levels).tolist(),
        "lost": float(np.mean(growth < 1.0)),
    }


def _fan(fan: Fan) -> dict[str, Any]:
    return {"levels": list(fan.levels), "curves": fan.curves.tolist()}


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
