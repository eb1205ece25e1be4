"""/bots: list, make, read, and the buttons."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import caller, owner_of
from apps.core.api.writes import IDEMPOTENCY_KEY, write_once
from apps.trading.bots import operations, queries
from apps.trading.bots.api.serializers import (
    BotDetailSerializer,
    BotSerializer,
    CloneSerializer,
    NewBotSerializer,
    StopSerializer,
)
from apps.trading.bots.models import Bot

Press = Callable[..., HttpResponse]


def detail_of(bot: Bot) -> dict[str, Any]:
    """Return a bot as the API shows it."""
    config = queries.get_config(bot)
    return dict(BotDetailSerializer({"bot": bot, "config": config, "worth": queries.value_bot(bot, config)}).data)


class BotList(GenericAPIView[Bot]):
    """The caller's bots."""

    serializer_class = BotSerializer

    @extend_schema(operation_id="list_bots", tags=["bots"], responses={200: BotSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """Return bots that are not archived, newest first."""
        page = self.paginate_queryset(queries.list_bots(owner_of(request)))
        return self.get_paginated_response(BotSerializer(page, many=True).data)

    @extend_schema(
        operation_id="create_bot",
        tags=["bots"],
        parameters=[IDEMPOTENCY_KEY],
        request=NewBotSerializer,
        responses={201: BotDetailSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Make a stopped bot with a book of its own."""
        given = NewBotSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        actor, owner_id = caller(request)
        wish = operations.BotWish(**given.validated_data)

        def run() -> Mapping[str, Any]:
            made = operations.create_bot(actor=actor, owner_id=owner_id, wish=wish)
            return detail_of(queries.get_bot(made.pk))

        return write_once(request, actor=actor, operation="bots.create_bot", run=run)


class BotDetail(APIView):
    """One bot of the caller."""

    @extend_schema(operation_id="get_bot", tags=["bots"], responses={200: BotDetailSerializer})
    def get(self, request: Request, bot_id: UUID) -> Response:
        """Return a bot with its configuration and its worth."""
        return Response(detail_of(queries.get_bot(bot_id, owner_id=owner_of(request))))


class _Button(APIView):
    """A write on one bot: once per Idempotency-Key."""

    def press(
        self, request: Request, bot_id: UUID, verb: str, function: Callable[..., Any], **more: Any
    ) -> HttpResponse:
        """Run an operation on the caller's bot and answer the bot as it is then."""
        actor, owner_id = caller(request)
        queries.get_bot(bot_id, owner_id=owner_id)

        def run() -> Mapping[str, Any]:
            changed = function(actor=actor, bot_id=bot_id, **more)
            return detail_of(queries.get_bot(changed.pk))

        return write_once(request, actor=actor, operation=f"bots.{verb}", run=run, status=200)


def _button(name: str, request: Any = None) -> Callable[[Press], Press]:
    parameters, responses = [IDEMPOTENCY_KEY], {200: BotDetailSerializer}
    return extend_schema(operation_id=name, tags=["bots"], parameters=parameters, request=request, responses=responses)


class BotStart(_Button):
    """Start."""

    @_button("start_bot")
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Have a stopped bot trade."""
        return self.press(request, bot_id, "start_bot", operations.start_bot)


class BotPause(_Button):
    """Pause."""

    @_button("pause_bot")
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Have a bot open and close nothing."""
        return self.press(request, bot_id, "pause_bot", operations.pause_bot)


class BotResume(_Button):
    """Resume."""

    @_button("resume_bot")
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Let a paused bot trade again."""
        return self.press(request, bot_id, "resume_bot", operations.resume_bot)


class BotStop(_Button):
    """Stop."""

    @_button("stop_bot", StopSerializer)
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Stop a bot and take its open orders back; with `flatten` sell its position."""
        given = StopSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.press(request, bot_id, "stop_bot", operations.stop_bot, flatten=given.validated_data["flatten"])


class BotArchive(_Button):
    """Archive."""

    @_button("archive_bot")
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Put a stopped bot away."""
        return self.press(request, bot_id, "archive_bot", operations.archive_bot)


class BotClone(_Button):
    """Copy."""

    @_button("clone_bot", CloneSerializer)
    def post(self, request: Request, bot_id: UUID) -> HttpResponse:
        """Make a stopped bot with the same configuration and an empty book."""
        given = CloneSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.press(request, bot_id, "clone_bot", operations.clone_bot, name=given.validated_data["name"])


class BotStopAll(APIView):
    """All bots of the caller."""

    @extend_schema(
        operation_id="stop_all_bots",
        tags=["bots"],
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        """Stop every running and paused bot; positions stay."""
        actor, owner_id = caller(request)

        def run() -> Mapping[str, Any]:
            return {"stopped": operations.stop_all_bots(actor=actor, owner_id=owner_id)}

        return write_once(request, actor=actor, operation="bots.stop_all_bots", run=run, status=200)
