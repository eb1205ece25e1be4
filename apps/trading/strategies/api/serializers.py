"""What the API takes and gives of strategies."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.trading.strategies.choices import StrategyState
from apps.trading.strategies.models import Strategy, StrategyVersion
from kernel.indicators import Definition
from kernel.strategy import StrategyDocument

LARGEST_NUMBER = 2**31 - 1


@extend_schema_field({"type": "object", "additionalProperties": True, "description": "A strategy document."})
class DocumentField(serializers.JSONField):
    """A strategy document; the kernel judges it."""


class StrategyWriteSerializer(serializers.Serializer[dict[str, Any]]):
    """Rules to save or to judge."""

    document = DocumentField()


class RevisionSerializer(StrategyWriteSerializer):
    """Rules for the version after `expected`."""

    expected = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class StrategyFilterSerializer(serializers.Serializer[dict[str, Any]]):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=StrategyState.choices, required=False)


class DiffQuerySerializer(serializers.Serializer[dict[str, Any]]):
    """Which two versions."""

    before = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)
    after = serializers.IntegerField(min_value=1, max_value=LARGEST_NUMBER)


class StrategySerializer(serializers.ModelSerializer[Strategy]):
    """A strategy."""

    class Meta:
        model = Strategy
        fields: ClassVar = ["id", "name", "state", "latest_number", "created_at"]


class VersionSerializer(serializers.ModelSerializer[StrategyVersion]):
    """A version with its rules."""

    strategy = serializers.UUIDField(source="strategy_id")
    document = DocumentField()

    class Meta:
        model = StrategyVersion
        fields: ClassVar = ["id", "strategy", "number", "document", "document_hash", "created_at"]


class ProblemSerializer(serializers.Serializer[dict[str, Any]]):
    """A fault of a document."""

    path = serializers.CharField()
    message = serializers.CharField()


class VerdictSerializer(serializers.Serializer[dict[str, Any]]):
    """Whether a document is a strategy; when it is, what it says and how many bars it needs first."""

    valid = serializers.BooleanField()
    problems = ProblemSerializer(many=True)
    description = serializers.CharField(allow_blank=True)
    document_hash = serializers.CharField(allow_blank=True)
    warm_up_bars = serializers.IntegerField(allow_null=True)


class ChangeSerializer(serializers.Serializer[dict[str, Any]]):
    """One difference."""

    part = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class DiffSerializer(serializers.Serializer[dict[str, Any]]):
    """All differences."""

    changes = ChangeSerializer(many=True)


class ExampleSerializer(serializers.Serializer[dict[str, Any]]):
    """A ready strategy."""

    key = serializers.CharField()
    title = serializers.CharField()
    idea = serializers.CharField()
    works = serializers.CharField()
    fails = serializers.CharField()
    origin = serializers.CharField()
    document = DocumentField()


class ExampleListSerializer(serializers.Serializer[dict[str, Any]]):
    """The gallery."""

    results = ExampleSerializer(many=True)


class ParameterSerializer(serializers.Serializer[dict[str, Any]]):
    """A parameter with its bounds, which are allowed values themselves."""

    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=["integer", "decimal"])
    minimum = serializers.CharField()
    maximum = serializers.CharField()
    default = serializers.CharField()
    description = serializers.CharField()


class OutputSerializer(serializers.Serializer[dict[str, Any]]):
    """A series that an indicator gives."""

    name = serializers.CharField()
    unit = serializers.CharField()
    description = serializers.CharField()


class IndicatorSerializer(serializers.Serializer[dict[str, Any]]):
    """An indicator."""

    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    source_of_formula = serializers.CharField()
    takes_source = serializers.BooleanField()
    parameters = ParameterSerializer(many=True)
    outputs = OutputSerializer(many=True)


class CatalogueSerializer(serializers.Serializer[dict[str, Any]]):
    """What rules may say."""

    fields_of_bar = serializers.ListField(child=serializers.CharField())
    indicators = IndicatorSerializer(many=True)


def indicator_facts(definition: Definition) -> dict[str, Any]:
    """Return an indicator as the catalogue shows it; numbers are texts."""
    return {
        "name": definition.name,
        "title": definition.title,
        "description": definition.description,
        "source_of_formula": definition.source_of_formula,
        "takes_source": definition.takes_source,
        "parameters": [
            {
                "name": item.name,
                "kind": item.kind,
                "minimum": str(item.minimum),
                "maximum": str(item.maximum),
                "default": str(item.default),
                "description": item.description,
            }
            for item in definition.parameters
        ],
        "outputs": [
            {"name": item.name, "unit": item.unit, "description": item.description} for item in definition.outputs
        ],
    }


def document_json(document: StrategyDocument) -> dict[str, Any]:
    """Return a document as JSON values."""
    return document.model_dump(mode="json")
