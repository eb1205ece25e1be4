"""What the API says about instruments."""

from typing import ClassVar

from rest_framework import serializers

from apps.trading.instruments.models import Instrument


class InstrumentSerializer(serializers.ModelSerializer[Instrument]):
    """An instrument; steps and limits are decimal texts."""

    class Meta:
        model = Instrument
        extra_kwargs: ClassVar = {
            name: {"normalize_output": True} for name in ("tick", "lot", "min_quantity", "max_quantity", "min_notional")
        }
        fields: ClassVar = ["symbol", "base", "quote", "tick", "lot", "min_quantity", "max_quantity", "min_notional"]


class InstrumentListSerializer(serializers.Serializer[dict[str, object]]):
    """All instruments that match."""

    results = InstrumentSerializer(many=True)


class InstrumentQuerySerializer(serializers.Serializer[dict[str, object]]):
    """Filters of the list."""

    search = serializers.CharField(required=False, allow_blank=True, default="", max_length=32)
