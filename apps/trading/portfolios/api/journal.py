"""/calendar and /journal: results by period, and what a person writes about them."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import FileResponse, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.callers import given, owner_of, whose
from apps.trading.portfolios import calendar, journal, operations, queries
from apps.trading.portfolios.api.serializers import amount
from apps.trading.portfolios.choices import ImageKind, JournalAbout
from apps.trading.portfolios.errors import PictureRefused
from apps.trading.portfolios.models import JournalEntry, JournalImage

Given = dict[str, Any]
JOURNAL = ["journal"]


class CalendarQuery(serializers.Serializer[Given]):
    """A year (2026), month (2026-03) or day (2026-03-29); the zone is the person's own unless given."""

    at = serializers.RegexField(r"\A\d{4}(-\d{2}){0,2}\Z")
    zone = serializers.RegexField(r"\A[A-Za-z0-9_+/-]{1,64}\Z", required=False)
    asset = serializers.RegexField(r"\A[A-Z0-9]{2,16}\Z", required=False, default="")
    portfolio_id = serializers.UUIDField(required=False)


class CellSerializer(serializers.Serializer[Any]):
    """An hour, day or month with its bounds: realised by FIFO less fees."""

    name = serializers.CharField(source="span.name")
    start = serializers.DateTimeField(source="span.start")
    end = serializers.DateTimeField(source="span.end")
    result = amount()
    fills = serializers.IntegerField()


class CalendarSerializer(serializers.Serializer[Any]):
    """Cells in one quote asset; `total` is their exact sum."""

    zone = serializers.CharField()
    asset = serializers.CharField()
    assets = serializers.ListField(child=serializers.CharField())
    cells = CellSerializer(many=True)
    total = amount()
    fills = serializers.IntegerField()


class CalendarView(APIView):
    """The profit calendar."""

    @extend_schema(
        operation_id="get_calendar", tags=["portfolios"], parameters=[CalendarQuery], responses=CalendarSerializer
    )
    def get(self, request: Request) -> Response:
        """Return the months of a year, the days of a month or the hours of a day."""
        wanted, owner_id = given(CalendarQuery, request.query_params.dict()), owner_of(request)
        if "portfolio_id" in wanted:
            queries.get_portfolio(wanted["portfolio_id"], owner_id)
        zone = wanted.pop("zone", None) or calendar.zone_of(owner_id)
        return Response(CalendarSerializer(calendar.read_calendar(owner_id, zone=zone, **wanted)).data)


class ImageSerializer(serializers.ModelSerializer[JournalImage]):
    """A picture of a note."""

    class Meta:
        model = JournalImage
        fields: ClassVar = ["id", "kind", "size", "label"]


@extend_schema_serializer(component_name="JournalEntry")
class EntrySerializer(serializers.ModelSerializer[JournalEntry]):
    """A note with its pictures."""

    images = ImageSerializer(many=True, read_only=True)

    class Meta:
        model = JournalEntry
        fields: ClassVar = [
            "id", "about", "about_id", "symbol", "day", "title", "text", "tags", "images", "created_at", "changed_at",
        ]  # fmt: skip


class NoteSerializer(serializers.Serializer[Given]):
    """What to write; without `day` the day of the trade, or today."""

    title = serializers.CharField(max_length=120)
    text = serializers.CharField(max_length=20_000, required=False, allow_blank=True, default="")
    tags = serializers.ListField(child=serializers.CharField(max_length=30), required=False, max_length=12)
    day = serializers.DateField(required=False, allow_null=True)


class NewNoteSerializer(NoteSerializer):
    """A new note about an order, a position (`about_id`) or a day."""

    about = serializers.ChoiceField(choices=JournalAbout.choices, default=JournalAbout.DAY)
    about_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class JournalQuery(serializers.Serializer[Given]):
    """What to look for."""

    search = serializers.CharField(required=False, allow_blank=True, max_length=100)
    tag = serializers.CharField(required=False, max_length=30)
    about = serializers.ChoiceField(choices=JournalAbout.choices, required=False)
    about_id = serializers.UUIDField(required=False)
    symbol = serializers.RegexField(r"\A[A-Z0-9]{2,32}\Z", required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)


class JournalList(GenericAPIView[JournalEntry]):
    """The caller's notes."""

    serializer_class = EntrySerializer

    @extend_schema(
        operation_id="list_journal", tags=JOURNAL, parameters=[JournalQuery], responses=EntrySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List notes, newest first."""
        wanted = journal.JournalFilter(**given(JournalQuery, request.query_params.dict()))
        page = self.paginate_queryset(journal.list_entries(owner_of(request), wanted))
        return self.get_paginated_response(EntrySerializer(page, many=True).data)

    @extend_schema(operation_id="write_note", tags=JOURNAL, request=NewNoteSerializer, responses={201: EntrySerializer})
    def post(self, request: Request) -> Response:
        """Write a note."""
        wanted = given(NewNoteSerializer, request.data)
        about = {name: wanted.pop(name) for name in ("about", "about_id")}
        row = operations.write_note(**whose(request), **about, note=operations.Note(**wanted))
        return Response(EntrySerializer(row).data, status=201)


class JournalDetail(APIView):
    """One note."""

    @extend_schema(operation_id="get_note", tags=JOURNAL, responses=EntrySerializer)
    def get(self, request: Request, entry_id: UUID) -> Response:
        """Return a note."""
        return Response(EntrySerializer(journal.get_entry(entry_id, owner_of(request))).data)

    @extend_schema(operation_id="change_note", tags=JOURNAL, request=NoteSerializer, responses=EntrySerializer)
    def put(self, request: Request, entry_id: UUID) -> Response:
        """Write a note anew."""
        note = operations.Note(**given(NoteSerializer, request.data))
        return Response(EntrySerializer(operations.change_note(**whose(request), entry_id=entry_id, note=note)).data)

    @extend_schema(operation_id="remove_note", tags=JOURNAL, responses={204: None})
    def delete(self, request: Request, entry_id: UUID) -> Response:
        """Remove a note with its pictures."""
        operations.remove_note(**whose(request), entry_id=entry_id)
        return Response(status=204)


class PictureSerializer(serializers.Serializer[Given]):
    """A picture (at most 5 MB) as a file of a form."""

    content = serializers.FileField()
    label = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")  # type: ignore[assignment]  # a name of ours


class JournalImages(APIView):
    """Pictures of a note."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="add_picture", tags=JOURNAL, request=PictureSerializer, responses={201: ImageSerializer}
    )
    def post(self, request: Request, entry_id: UUID) -> Response:
        """Keep a picture: what it is, is told by its bytes."""
        wanted = given(PictureSerializer, request.data)
        sent = wanted["content"]
        if sent.size > operations.MOST_BYTES:
            raise PictureRefused(field="content", why="it is larger than 5 MB")
        row = operations.add_picture(**whose(request), entry_id=entry_id, content=sent.read(), label=wanted["label"])
        return Response(ImageSerializer(row).data, status=201)


class JournalImageDetail(APIView):
    """One picture."""

    @extend_schema(operation_id="get_picture", tags=JOURNAL, responses={(200, "image/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, image_id: UUID) -> HttpResponse:
        """Return the bytes of a picture."""
        row = journal.get_image(image_id, owner_of(request))
        return FileResponse(journal.open_image(row), content_type=ImageKind(row.kind).label)  # type: ignore[return-value]

    @extend_schema(operation_id="remove_picture", tags=JOURNAL, responses={204: None})
    def delete(self, request: Request, image_id: UUID) -> Response:
        """Remove a picture."""
        operations.remove_picture(**whose(request), image_id=image_id)
        return Response(status=204)
