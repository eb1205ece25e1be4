"""The pages of studies: how far one is, and what it came to."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse

from apps.core.clock import from_ms, to_ms
from apps.core.view import Attention, Curve, Figure, LegendItem, Stat, State, level, portion, share
from apps.trading.backtests import study_queries
from apps.trading.backtests.choices import StudyKind, StudyState
from apps.trading.backtests.models import Study, StudyTrial
from apps.trading.backtests.pages.rows import NONE, day
from apps.trading.backtests.pages.shown import MonthCell
from apps.trading.backtests.pages.study_shown import HeatMap, HeatRow, StudyPage, StudyRow, TrialRow, WalkedRow

SHOWN_TRIALS: Final = 20
STATES: Final = {
    StudyState.RUNNING: State("wait", "Running"),
    StudyState.PAUSED: State("off", "Paused"),
    StudyState.DONE: State("good", "Done"),
    StudyState.FAILED: State("danger", "Failed"),
    StudyState.CANCELLED: State("off", "Cancelled"),
}
_SPREADS: Final = (
    ("noise", "Candles with noise", "Each close moved by about half its candle’s height, and the rules run again."),
    ("drawn", "Returns drawn anew", "Stretches of the returns drawn and joined at random, twenty candles on average."),
    ("shuffled", "Trades in another order", "The same trades, shuffled: the end is the same, the way there is not."),
)


def study_title(study: Study) -> str:
    """Return the name of a study: strategy, version, market."""
    return f"{study.version.strategy.name} v{study.version.number}, {study.symbol}"


def study_note(study: Study) -> str:
    """Return candles and span in words."""
    last = from_ms(to_ms(study.end) - 1)
    return f"{StudyKind(study.kind).label}, {study.interval} candles, {day(study.start)} to {day(last)}"


def study_row(study: Study) -> StudyRow:
    """Return a line of the list."""
    return StudyRow(
        name=study_title(study),
        url=reverse("studies-detail", args=[study.pk]),
        kind=str(StudyKind(study.kind).label),
        period=f"{study.interval}, {day(study.start)} to {day(from_ms(to_ms(study.end) - 1))}",
        trials=f"{study.trials_done:,} of {study.trials_total:,}",
        state=STATES[StudyState(study.state)],
    )


def study_page(study: Study) -> StudyPage:
    """Return the page of a finished study."""
    outcome = study.outcome or {}
    return _monte_carlo_page(study, outcome) if study.kind == StudyKind.MONTE_CARLO else _search_page(study, outcome)


def _search_page(study: Study, outcome: Mapping[str, Any]) -> StudyPage:
    verdict, tone, sentence = _verdict(outcome)
    forward = outcome["forward"]
    figures = []
    if forward is not None:
        figures = [
            Stat("On unseen candles", share(_hundredth(forward["total_return"]), 1), "after costs"),
            Stat("Sharpe ratio there", level(Decimal(repr(forward["sharpe"])), 2)),
            Stat("Worst fall there", portion(_hundredth(forward["deepest_fall"]), 1)),
        ]
    return _page(
        study,
        verdict=verdict,
        tone=tone,
        sentence=sentence,
        checks=[_check(item) for item in outcome["checks"]],
        points=[_point(item) for item in outcome["checks"]],
        curve=None if forward is None else _forward_curve(forward),
        curve_title="Walk forward" if forward else "",
        curve_note="Only candles that nothing was fitted on" if forward else "",
        legend=[LegendItem("own", "Strategy"), LegendItem("benchmark", "Holding")] if forward else [],
        figures=figures,
        heat=_heat(outcome["map"]),
        trials=[_trial(row) for row in study_queries.list_best_trials(study, SHOWN_TRIALS)],
        walked=[_walked(item) for item in outcome["folds"]],
    )


def _monte_carlo_page(study: Study, outcome: Mapping[str, Any]) -> StudyPage:
    spreads = [(title, words, outcome[name]) for name, title, words in _SPREADS if outcome[name]]
    worst = max(found["lost"] for _, _, found in spreads)
    checks = [
        Stat(
            title,
            share(_hundredth(found["growth"][0] - 1), 1),
            f"middle {share(_hundredth(found['growth'][2] - 1), 1).text}, "
            f"worst fall up to {portion(_hundredth(found['deepest_fall'][-1]), 1).text}",
            f"{words} The figure is the result that one path in twenty falls short of.",
        )
        for title, words, found in spreads
    ]
    sure = worst <= 0.05
    base = outcome["base"]
    return _page(
        study,
        verdict="Steady" if sure else "Shaky",
        tone="accent" if sure else "warn",
        sentence=f"In the worst of {len(spreads)} ways to redraw it, {_percent(worst)} of all paths lost money.",
        checks=checks,
        points=[],
        curve=_fan_curve(study, outcome["drawn"]["fan"]),
        curve_title="Where it could have gone",
        curve_note="Returns drawn anew; nine of ten paths end between the outer lines",
        legend=[LegendItem("own", "Middle path"), LegendItem("band", "Nine of ten")],
        figures=[
            Stat("As it was", share(_hundredth(Decimal(base["growth"]) - 1), 1), "the run itself, after costs"),
            Stat("Worst fall", portion(_hundredth(base["deepest_fall"]), 1)),
        ],
        heat=None,
        trials=[],
        walked=[],
    )


def _page(study: Study, **values: Any) -> StudyPage:
    return StudyPage(
        title=study_title(study),
        parent_url=reverse("studies-list"),
        note=study_note(study),
        repeat_url=f"{reverse('studies-new')}?version={study.version_id}",
        **values,
    )


def _verdict(outcome: Mapping[str, Any]) -> tuple[str, str, str]:
    failed = [item["title"] for item in outcome["checks"] if not item["passed"]]
    tried = f"{outcome['trials']:,} combinations were tried."
    if outcome["passed"]:
        return "Holds up", "good", f"{tried} All checks are passed, on unseen candles, too."
    if failed:
        return "Not trusted", "warn", f"{tried} {len(failed)} of {len(outcome['checks'])} checks failed."
    return "Not walked forward", "warn", f"{tried} Now try it on candles that nothing was fitted on: walk it forward."


def _check(item: Mapping[str, Any]) -> Stat:
    bound = f"{'at least' if item['at_least'] else 'at most'} {_percent(item['bound'])} to pass"
    figure = NONE if item["value"] is None else Figure(_percent(item["value"]))
    return Stat(item["title"], figure, bound, f"{item['definition']} Source: {item['source']}.")


def _point(item: Mapping[str, Any]) -> Attention:
    tone, icon = ("plain", "check-circle") if item["passed"] else ("warn", "warn")
    value = "could not be worked out" if item["value"] is None else _percent(item["value"])
    words = f"{value}, {'passed' if item['passed'] else 'failed'}. {item['note']}".strip()
    return Attention(tone, icon, f"{item['title']}:", words, "", "")


def _heat(found: Mapping[str, Any]) -> HeatMap:
    known = [value for row in found["cells"] for value in row if value is not None]
    largest = max((abs(value) for value in known), default=1.0) or 1.0
    rows = [
        HeatRow(label, [_cell(value, largest) for value in row])
        for label, row in zip(found["rows"]["values"], found["cells"], strict=True)
    ]
    return HeatMap(found["rows"]["name"], found["columns"]["name"], found["columns"]["values"], rows)


def _cell(value: float | None, largest: float) -> MonthCell:
    if value is None:
        return MonthCell()
    text = level(Decimal(repr(value)), 2).text
    size = min(4, round(4 * abs(value) / largest))
    return MonthCell(text, "0" if size == 0 else f"{'up' if value > 0 else 'down'}-{size}")


def _trial(row: StudyTrial) -> TrialRow:
    figures = row.figures
    return TrialRow(
        numbers=_numbers(row.parameters),
        score=NONE if row.score is None else level(row.score, 3),
        result=share(_hundredth(Decimal(figures["growth"]) - 1), 1),
        worst_fall=portion(_hundredth(figures["deepest_fall"]), 1),
        trades=f"{figures['trades']:,}",
    )


def _walked(item: Mapping[str, Any]) -> WalkedRow:
    def gained(found: Mapping[str, Any] | None) -> Figure:
        return NONE if found is None else share(_hundredth(Decimal(found["growth"]) - 1), 1)

    return WalkedRow(
        period=f"{day(from_ms(item['test_from']))} to {day(from_ms(item['test_to']))}",
        numbers="nothing was good enough" if item["parameters"] is None else _numbers(item["parameters"]),
        fitted=gained(item["fitted"]),
        tried=gained(item["tried"]),
    )


def _numbers(parameters: Mapping[str, str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in parameters.items())


def _forward_curve(forward: Mapping[str, Any]) -> Curve:
    lines = [("Strategy", "own", forward["growth"]), ("Holding", "benchmark", forward["holding"])]
    own, holding = forward["growth"][-1] * 100, forward["holding"][-1] * 100
    words = f"Of 100, {own:.1f} were left at the end; of holding {holding:.1f}."
    return _curve("forward", [ts // 1000 for ts in forward["ts"]], lines, words)


def _fan_curve(study: Study, fan: Mapping[str, Any]) -> Curve:
    low, _, middle, _, high = fan["curves"]
    first, last = to_ms(study.start) // 1000, to_ms(study.end) // 1000
    count = len(middle) - 1
    times = [first + (last - first) * place // count for place in range(count + 1)]
    lines = [("Middle path", "own", middle), ("One in twenty above", "high", high), ("One in twenty below", "low", low)]
    words = f"Of 100, the middle path left {middle[-1] * 100:.1f}; nine of ten ended between {low[-1] * 100:.1f} and "
    return _curve("fan", times, lines, f"{words}{high[-1] * 100:.1f}.")


def _curve(key: str, times: list[int], lines: list[tuple[str, str, list[float]]], words: str) -> Curve:
    series = [
        {"label": label, "kind": kind, "values": [f"{value * 100:.3f}" for value in values]}
        for label, kind, values in lines
    ]
    return Curve(key, {"times": times, "series": series, "unit": "", "places": 1, "unseen_from": None}, words)


def _percent(part: float) -> str:
    return portion(_hundredth(part), 0).text


def _hundredth(part: float | Decimal | str) -> Decimal:
    """Percent of a part."""
    return (Decimal(str(part)) * 100).quantize(Decimal("0.0001"))
