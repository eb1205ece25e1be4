"""The form of a study: a back-test's form, and for each number of the strategy whether and how it is tried."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.trading.backtests.choices import StudyKind, StudyMethod
from apps.trading.backtests.operations import StudyRequest
from apps.trading.backtests.pages.forms import BacktestForm
from apps.trading.backtests.pages.study_shown import AxisFields
from apps.trading.backtests.study_plan import MOST_TRIALS, Axis, Search
from apps.trading.strategies.queries import Version
from kernel.lab import Objective, tunables
from kernel.rules.nodes import plain_text

OBJECTIVES = {
    Objective.SHARPE: "Sharpe ratio",
    Objective.TOTAL_RETURN: "Total return",
    Objective.RETURN_OVER_FALL: "Return over worst fall",
}
FIRST_TRIED = 2
"""Numbers of a strategy that are ticked to begin with."""


class StudyForm(BacktestForm):
    """What to study, over which days, and which numbers to try."""

    kind = forms.ChoiceField(label="Study", choices=StudyKind.choices, initial=StudyKind.WALK_FORWARD)
    method = forms.ChoiceField(label="Combinations", choices=StudyMethod.choices, initial=StudyMethod.GRID)
    objective = forms.ChoiceField(label="Make as large as possible", choices=[*OBJECTIVES.items()])
    budget = forms.IntegerField(label="Trials at most", min_value=1, max_value=MOST_TRIALS, initial=200)
    seed = forms.IntegerField(label="Seed", min_value=0, max_value=2**31 - 1, initial=1)
    folds = forms.IntegerField(label="Steps forward", min_value=1, max_value=24, initial=4)
    anchored = forms.BooleanField(label="Fit from the first candle each time", required=False)

    def __init__(self, *args: Any, owner_id: Any, chosen: Version, **kwargs: Any) -> None:
        super().__init__(*args, owner_id=owner_id, chosen=chosen, **kwargs)
        words = f"{chosen.strategy.name}, version {chosen.number} ({chosen.document['timeframe']})"
        self.fields["version"].choices = [(str(chosen.pk), words)]  # type: ignore[attr-defined]
        self.tunables = tunables(chosen.parsed().model_dump(mode="json"))
        for place, item in enumerate(self.tunables):
            self.fields[f"use_{place}"] = forms.BooleanField(
                label=item.title, required=False, initial=place < FIRST_TRIED
            )
            for name, label in (("low", "From"), ("high", "To"), ("step", "Step")):
                self.fields[f"{name}_{place}"] = forms.DecimalField(
                    label=label,
                    max_digits=24,
                    decimal_places=9,
                    required=False,
                    initial=plain_text(getattr(item, name)),
                )

    def axes(self) -> list[AxisFields]:
        """Return the controls of each number."""
        return [
            AxisFields(item.title, *(self[f"{name}_{place}"] for name in ("use", "low", "high", "step")))
            for place, item in enumerate(self.tunables)
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for a whole range of each number that is tried."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for place in range(len(self.tunables)):
            for name in ("low", "high", "step"):
                if given.get(f"use_{place}") and given.get(f"{name}_{place}") is None:
                    self.add_error(f"{name}_{place}", "Give a number.")
        return given

    def study(self) -> StudyRequest:
        """Return the request of a valid form."""
        given = self.cleaned_data
        kind = StudyKind(given["kind"])
        axes = [
            Axis(item.name, item.paths, *(Decimal(given[f"{name}_{place}"]) for name in ("low", "high", "step")))
            for place, item in enumerate(self.tunables)
            if given[f"use_{place}"]
        ]
        search = Search(
            axes=() if kind == StudyKind.MONTE_CARLO else tuple(axes),
            method=StudyMethod(given["method"]),
            objective=Objective(given["objective"]),
            seed=given["seed"],
            budget=given["budget"],
            folds=given["folds"],
            anchored=given["anchored"],
        )
        return StudyRequest(self.request(), kind, search)
