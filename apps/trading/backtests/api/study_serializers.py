"""What the API takes and gives of studies."""

from typing import Any, ClassVar

from rest_framework import serializers

from apps.trading.backtests.api.serializers import BacktestWriteSerializer
from apps.trading.backtests.choices import StudyKind, StudyMethod, StudyState
from apps.trading.backtests.models import Study, StudyTrial
from apps.trading.backtests.study_plan import MOST_TRIALS
from kernel.lab import Objective


class StudyAxisSerializer(serializers.Serializer[dict[str, Any]]):
    """A number to try: its places in the document, and low, low + step … high."""

    name = serializers.RegexField(r"^[A-Za-z][A-Za-z0-9_]{0,31}$")
    paths = serializers.ListField(child=serializers.CharField(max_length=300), min_length=1, max_length=32)
    low = serializers.DecimalField(max_digits=24, decimal_places=9)
    high = serializers.DecimalField(max_digits=24, decimal_places=9)
    step = serializers.DecimalField(max_digits=24, decimal_places=9)


class StudyWriteSerializer(BacktestWriteSerializer):
    """What to study: a back-test whose numbers are tried, and how they are chosen and judged."""

    kind = serializers.ChoiceField(choices=StudyKind.choices)
    axes = StudyAxisSerializer(  # type: ignore[call-arg]  # many=True makes a list of it
        many=True, max_length=6, required=False, help_text="Not for Monte Carlo."
    )
    method = serializers.ChoiceField(choices=StudyMethod.choices, default=StudyMethod.GRID)
    objective = serializers.ChoiceField(choices=[(str(item), str(item)) for item in Objective], default="sharpe")
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=1)
    budget = serializers.IntegerField(min_value=1, max_value=MOST_TRIALS, default=200)
    least_trades = serializers.IntegerField(min_value=0, max_value=100_000, default=5)
    folds = serializers.IntegerField(min_value=1, max_value=24, default=4)
    fit_ratio = serializers.IntegerField(min_value=1, max_value=20, default=3)
    anchored = serializers.BooleanField(default=False)
    embargo = serializers.IntegerField(min_value=0, max_value=100_000, default=0)


class StudyFilterSerializer(serializers.Serializer[dict[str, Any]]):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=StudyState.choices, required=False)
    kind = serializers.ChoiceField(choices=StudyKind.choices, required=False)
    strategy = serializers.UUIDField(required=False)


class StudySerializer(serializers.ModelSerializer[Study]):
    """A study: what was asked for and how far it is."""

    version = serializers.UUIDField(source="version_id")
    strategy = serializers.UUIDField(source="version.strategy_id")
    settings = serializers.DictField()

    class Meta:
        model = Study
        fields: ClassVar = [
            "id", "strategy", "version", "document_hash", "kind", "symbol", "interval", "start", "end", "cash",
            "taker_fee", "slippage_bps", "adjustment", "settings", "state", "trials_done", "trials_total", "error_code",
            "error_message", "result_hash", "created_at", "finished_at",
        ]  # fmt: skip


class StudyDetailSerializer(StudySerializer):
    """A study with its outcome (best numbers, checks, map, walk forward or Monte Carlo), null until it is done."""

    outcome = serializers.DictField(allow_null=True)

    class Meta(StudySerializer.Meta):
        fields: ClassVar = [*StudySerializer.Meta.fields, "outcome"]


class TrialFilterSerializer(serializers.Serializer[dict[str, Any]]):
    """Which trials: of the whole span (0) or of a step of the walk forward, and which part of the list."""

    fold = serializers.IntegerField(min_value=0, max_value=24, default=0)
    offset = serializers.IntegerField(min_value=0, max_value=MOST_TRIALS, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=1000, default=200)


class StudyTrialSerializer(serializers.ModelSerializer[StudyTrial]):
    """A trial; no figures: these numbers do not go together. `score` is null where there was too little to judge."""

    parameters = serializers.DictField(child=serializers.CharField())
    figures = serializers.DictField()

    class Meta:
        model = StudyTrial
        fields: ClassVar = ["number", "point", "parameters", "score", "figures", "digest"]


class StudyTrialListSerializer(serializers.Serializer[dict[str, Any]]):
    """Some trials of all."""

    count = serializers.IntegerField()
    results = StudyTrialSerializer(many=True)
