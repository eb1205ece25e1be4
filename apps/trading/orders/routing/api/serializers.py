"""What the API takes and says about routed orders. Amounts are decimal texts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.amounts import PositiveDecimalField
from apps.trading.exchanges.choices import Mode
from apps.trading.orders.routing.choices import WHY
from apps.trading.orders.routing.models import RoutedOrder
from apps.trading.orders.routing.operations import PlannedPart, RoutePlan, RouteWish
from apps.trading.orders.routing.parts import RoutedPart, read_parts
from kernel.instruments import Side


def amount(**more: Any) -> serializers.DecimalField:
    """Return a field for an amount: a text without trailing zeros."""
    return serializers.DecimalField(max_digits=38, decimal_places=18, normalize_output=True, **more)


class NewRouteSerializer(serializers.Serializer[dict[str, Any]]):
    """An order to share out over the caller's accounts of a mode, or over those named.

    `limit_price` is the worst price; without it, the worst price of the first decision is in force.
    """

    symbol = serializers.RegexField(r"^[A-Z0-9]{2,32}\Z")
    side = serializers.ChoiceField(choices=[side.value for side in Side])
    mode = serializers.ChoiceField(choices=Mode.choices)
    quantity = PositiveDecimalField(max_digits=38, decimal_places=18)
    limit_price = PositiveDecimalField(
        max_digits=38, decimal_places=18, required=False, allow_null=True, default=None
    )  # fmt: skip
    connection_ids = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=50, help_text="None: all of the mode."
    )


def wish_of(given: Mapping[str, Any]) -> RouteWish:
    """Return the wish of a valid NewRouteSerializer."""
    return RouteWish(
        symbol=given["symbol"],
        side=Side(given["side"]),
        mode=given["mode"],
        quantity=given["quantity"],
        limit_price=given["limit_price"],
        connection_ids=tuple(dict.fromkeys(given["connection_ids"])),
    )


class SingleAccountSerializer(serializers.Serializer[dict[str, Any]]):
    """All on one account: what of the whole it would fill, and what that costs or brings after fees in quote."""

    quantity = amount()
    average_price = serializers.CharField(allow_null=True)
    net = serializers.CharField()
    missing = amount()


class RoutePreviewPartSerializer(serializers.Serializer[dict[str, Any]]):
    """What one account would get; `limited` names what stopped it, `reason` says it."""

    connection_id = serializers.UUIDField()
    venue = serializers.CharField()
    quantity = amount()
    average_price = serializers.CharField(allow_null=True)
    worst_price = serializers.CharField(allow_null=True)
    fee = serializers.CharField()
    net = serializers.CharField()
    taker_fee = serializers.CharField()
    fee_source = serializers.CharField()
    available = serializers.CharField()
    limited = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    alone = SingleAccountSerializer()


class RoutePreviewSerializer(serializers.Serializer[dict[str, Any]]):
    """What a routed order would come to now. `saves`: how much better in quote than the best account alone."""

    symbol = serializers.CharField()
    side = serializers.CharField()
    mode = serializers.CharField()
    quantity = amount()
    missing = amount()
    average_price = serializers.CharField(allow_null=True)
    worst_price = serializers.CharField(allow_null=True)
    fee = serializers.CharField()
    net = serializers.CharField()
    best_alone_id = serializers.UUIDField(allow_null=True)
    saves = serializers.CharField(allow_null=True)
    commission_taker = serializers.CharField(allow_null=True)
    parts = RoutePreviewPartSerializer(many=True)


def preview_of(plan: RoutePlan) -> dict[str, Any]:
    """Return a plan as RoutePreviewSerializer says it."""
    facts = {
        "symbol": plan.wish.symbol,
        "side": plan.wish.side.value,
        "mode": plan.wish.mode,
        "quantity": plan.quantity,
        "missing": plan.missing,
        "average_price": text_of(plan.average),
        "worst_price": text_of(plan.worst),
        "fee": text_of(plan.fee),
        "net": text_of(plan.net),
        "best_alone_id": None if plan.single is None else plan.single.account.connection.pk,
        "saves": text_of(plan.saves),
        "commission_taker": None if plan.terms is None else text_of(plan.terms.taker),
        "parts": [_part(row) for row in plan.parts],
    }
    return dict(RoutePreviewSerializer(facts).data)


def _part(row: PlannedPart) -> dict[str, Any]:
    part, alone = row.part, row.single
    return {
        "connection_id": row.account.connection.pk,
        "venue": row.account.connection.venue.code,
        "quantity": part.quantity,
        "average_price": text_of(part.average),
        "worst_price": text_of(part.worst),
        "fee": text_of(part.fee),
        "net": text_of(part.net),
        "taker_fee": text_of(row.fee.taker),
        "fee_source": row.fee.source.value,
        "available": text_of(row.account.venue.budget),
        "limited": part.limited.value,
        "reason": row.words,
        "alone": {
            "quantity": alone.quantity,
            "average_price": text_of(alone.average),
            "net": text_of(alone.net),
            "missing": alone.missing,
        },
    }


def text_of(value: Decimal | None) -> str | None:
    """Return a figure as text with at most 18 digits after the point, without trailing zeros."""
    if value is None:
        return None
    text = f"{value:.18f}".rstrip("0").rstrip(".")
    return text or "0"


class RoutedPartSerializer(serializers.Serializer[dict[str, Any]]):
    """One account in one round: what was decided, and what became of it. `number` is its order's; null: none."""

    round = serializers.IntegerField()
    connection_id = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True)
    quantity = amount()
    average_price = serializers.CharField(allow_null=True)
    worst_price = serializers.CharField(allow_null=True)
    fee = serializers.CharField()
    net = serializers.CharField()
    state = serializers.CharField()
    limited = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)


class RoutedOrderSerializer(serializers.ModelSerializer[RoutedOrder]):
    """An order over several accounts; its parts are ordinary orders of origin `route` with its id as `origin_id`.

    `saved` is how much better in quote its fills were than the best single account at the decision (null while that
    cannot be said); `reason` says in words what `why` names.
    """

    quantity = amount()
    limit_price = amount(allow_null=True)
    worst_price = amount()
    expected_price = amount(allow_null=True)
    filled = amount()
    average_price = amount(allow_null=True)
    saved = amount(allow_null=True)
    single_net = amount(allow_null=True)
    fees = serializers.DictField(child=serializers.CharField())
    reason = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField()

    class Meta:
        model = RoutedOrder
        fields: ClassVar = [
            "id", "mode", "connection_ids", "symbol", "side", "quantity", "limit_price", "worst_price", "status", "why",
            "reason", "round", "expected_price", "single_connection_id", "single_net", "filled", "average_price",
            "fees", "saved", "parts", "created_at", "ended_at",
        ]  # fmt: skip

    def get_reason(self, row: RoutedOrder) -> str:
        """Return what `why` names, in words."""
        return WHY[row.why]

    @extend_schema_field(RoutedPartSerializer(many=True))
    def get_parts(self, row: RoutedOrder) -> list[dict[str, Any]]:
        """Return the parts of all rounds."""
        return [dict(RoutedPartSerializer(_kept(part)).data) for part in read_parts(row.parts)]


def _kept(part: RoutedPart) -> dict[str, Any]:
    return {
        "round": part.round,
        "connection_id": part.connection_id,
        "number": part.number,
        "quantity": part.quantity,
        "average_price": text_of(part.average),
        "worst_price": text_of(part.worst),
        "fee": text_of(part.fee),
        "net": text_of(part.net),
        "state": part.state.value,
        "limited": part.limited,
        "reason": part.refusal or part.said,
    }
