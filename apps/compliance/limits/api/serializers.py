"""What the API says about limits. Amounts are decimal texts."""

from typing import Any

from rest_framework import serializers

from apps.compliance.limits.choices import Verb, Window


class AmountField(serializers.DecimalField):
    """An amount without zeros at its end."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_digits=38, decimal_places=18, normalize_output=True, **given)


class TierSerializer(serializers.Serializer[Any]):
    """A tier by number and name."""

    number = serializers.IntegerField(min_value=0, max_value=3)
    name = serializers.CharField()


class AmountLimitSerializer(serializers.Serializer[Any]):
    """How much may be moved in a window, and what is left."""

    verb = serializers.ChoiceField(choices=Verb.choices)
    asset = serializers.CharField(help_text="“*”: all assets without a limit of their own, by worth")
    unit = serializers.CharField(help_text="The asset of the figures")
    window = serializers.ChoiceField(choices=Window.choices)
    limit = AmountField()
    used = AmountField(allow_null=True, help_text="Null while the worth of something used is not known")
    left = AmountField(allow_null=True)
    frees_at = serializers.DateTimeField(allow_null=True, help_text="When the oldest use rolls out of the window")


class CountLimitSerializer(serializers.Serializer[Any]):
    """How often something may be done in a window, and what is left."""

    verb = serializers.ChoiceField(choices=Verb.choices)
    window = serializers.ChoiceField(choices=Window.choices)
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    left = serializers.IntegerField()
    frees_at = serializers.DateTimeField(allow_null=True)


class OwnLimitsSerializer(serializers.Serializer[Any]):
    """The caller's tier and limits. A verb without an amount limit is closed."""

    tier = TierSerializer()
    amounts = AmountLimitSerializer(many=True)
    counts = CountLimitSerializer(many=True)
