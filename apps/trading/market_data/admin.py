"""Market data at the desks: what is stored and how good it is, what is held, what is fetched, and who feeds it."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from apps.core.actors import Actor
from apps.core.clock import from_ms, now, to_ms
from apps.core.desk import (
    PERMISSIONS,
    Alarm,
    Desk,
    DeskAdmin,
    DeskPage,
    LedgerAdmin,
    OperationAction,
    Queue,
    add_alarm,
    add_desk_page,
    add_queue,
    desk_admin,
)
from apps.trading.market_data import operations
from apps.trading.market_data.choices import OPEN_SYNCS, ActionKind, HeldState, TickKind
from apps.trading.market_data.models import (
    AdjustmentVersion,
    CandleChunk,
    CandleSeries,
    CorporateAction,
    FeedLease,
    HistorySync,
    KnownGap,
    MarketClosure,
    QuarantinedCandle,
    RetentionPolicy,
    StreamQuality,
    StreamSubscription,
    TickPart,
)
from apps.trading.market_data.monitor import DAYS, POOR, monitor_view
from apps.trading.market_data.operations import RELEASE, RETAIN, SYNC, WRITE
from apps.trading.market_data.queries import list_held, summarise_quality
from kernel.instruments import INTERVALS
from kernel.quality import CALENDARS

MOST_BYTES = 1_000_000


class SyncForm(forms.Form):
    """Which candles to fetch."""

    venue = forms.RegexField(r"\A[a-z0-9_-]{1,40}\Z", help_text="As the list of exchanges names it, such as sandbox.")
    symbol = forms.RegexField(r"\A[A-Z0-9]{2,32}\Z", help_text="Such as BTCUSDT.")
    interval = forms.ChoiceField(choices=[(name, name) for name in INTERVALS])
    start = forms.DateTimeField(label="From (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    end = forms.DateTimeField(label="Until (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


class ActionForm(forms.Form):
    """A split or a dividend."""

    symbol = forms.RegexField(r"\A[A-Z0-9]{2,32}\Z")
    ex_day = forms.DateField(label="First day after it", widget=forms.DateInput(attrs={"type": "date"}))
    kind = forms.ChoiceField(choices=ActionKind.choices)
    numerator = forms.IntegerField(min_value=1, initial=1, label="New shares (split)")
    denominator = forms.IntegerField(min_value=1, initial=1, label="For old shares (split)")
    amount = forms.DecimalField(min_value=0, initial=0, label="Cash a share (dividend)")


class ClosureForm(forms.Form):
    """A day on which a market stays closed."""

    calendar = forms.ChoiceField(choices=[(code, item.hours.title) for code, item in CALENDARS.items()])
    day = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    title = forms.CharField(max_length=100)


class FileForm(forms.Form):
    """A file of at most a megabyte."""

    file = forms.FileField(label="CSV file")

    def clean_file(self) -> Any:
        """Refuse what is too long to be such a list."""
        given = self.cleaned_data["file"]
        if given.size > MOST_BYTES:
            raise forms.ValidationError("The file is longer than a megabyte.")
        return given


class ActionFileForm(FileForm):
    """Splits and dividends in a file."""

    file = forms.FileField(label="CSV file", help_text="Header: symbol,ex_day,kind,numerator,denominator,amount")


class ClosureFileForm(FileForm):
    """Closed days in a file."""

    file = forms.FileField(label="CSV file", help_text="Header: calendar,day,title. Days as 2026-12-25.")


class RetentionForm(forms.Form):
    """How long ticks are kept."""

    roll_up_days = forms.IntegerField(min_value=1, max_value=3_650)
    keep_days = forms.IntegerField(min_value=1, max_value=3_650)


def _start_sync(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    start, end = to_ms(given["start"]), to_ms(given["end"])
    wanted = operations.SyncRequest(given["venue"], given["symbol"], given["interval"], start, end)
    return operations.start_sync(actor=actor, request=wanted, reason=given["reason"])


def _cancel_sync(actor: Actor, row: HistorySync, given: dict[str, Any]) -> Any:
    return operations.cancel_sync(actor=actor, sync=row, reason=given["reason"])


def _release(actor: Actor, row: QuarantinedCandle, given: dict[str, Any]) -> Any:
    return operations.release_candle(actor=actor, candle=row, reason=given["reason"])


def _discard(actor: Actor, row: QuarantinedCandle, given: dict[str, Any]) -> Any:
    return operations.discard_candle(actor=actor, candle=row, reason=given["reason"])


def _check(actor: Actor, row: CandleSeries, _given: dict[str, Any]) -> Any:
    end = row.last_ts or 0
    return operations.check_series(
        actor=actor,
        symbol=row.symbol,
        interval=row.interval,
        start_ms=max(0, end - 7 * INTERVALS["1d"]),
        end_ms=end + INTERVALS[row.interval],
        venue=row.venue,
    )


def _add_action(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    return operations.add_action(actor=actor, source="desk", **given)


def _import_actions(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    return operations.import_action_rows(actor=actor, name=given["file"].name[:100], content=given["file"].read())


def _import_closures(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    file = given["file"]
    return operations.import_closures(actor=actor, name=file.name[:100], content=file.read(), reason=given["reason"])


def _remove_closure(actor: Actor, row: MarketClosure, given: dict[str, Any]) -> Any:
    return operations.remove_closure(actor=actor, closure=row, reason=given["reason"])


def _add_closure(actor: Actor, _row: Any, given: dict[str, Any]) -> Any:
    return operations.add_closure(actor=actor, **given)


def _set_retention(actor: Actor, row: RetentionPolicy, given: dict[str, Any]) -> Any:
    return operations.set_retention(actor=actor, kind=TickKind(row.kind), **given)


CHECK = OperationAction("check", "Check the last 7 days", WRITE, _check)
START = OperationAction("start", "Fetch history", SYNC, _start_sync, form=SyncForm)


@desk_admin(CandleSeries)
@desk_admin(CandleSeries, site="console")
class CandleSeriesAdmin(DeskAdmin):
    """Stored series with their range."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "interval", "venue", "calendar", "first", "newest"]
    list_filter: ClassVar = ["venue", "interval"]
    operations = (CHECK,)

    @admin.display(description="First candle")
    def first(self, row: CandleSeries) -> str:
        """Return the open time of the first candle."""
        return _moment(row.first_ts)

    @admin.display(description="Newest candle")
    def newest(self, row: CandleSeries) -> str:
        """Return the open time of the newest candle."""
        return _moment(row.last_ts)


@desk_admin(StreamQuality)
@desk_admin(StreamQuality, site="console")
class StreamQualityAdmin(DeskAdmin):
    """The monitor: how good each stream was on each day, the worst first."""

    desk = Desk.TRADING
    list_display: ClassVar = ["day", "symbol", "stream", "venue", "score", "rows", "missing", "found", "last_alarm"]
    list_filter: ClassVar = ["venue", "stream", "symbol", "day"]
    ordering: ClassVar = ["-day", "score", "symbol"]

    def get_urls(self) -> list[Any]:
        """Add the page that shows all of it together."""
        view = self.admin_site.admin_view(self.monitor)
        return [path("monitor/", view, name="market_data_monitor"), *super().get_urls()]

    def monitor(self, request: HttpRequest) -> HttpResponse:
        """Show streams, feeds, providers and caches."""
        return monitor_view(self, request)

    @admin.display(description="Alarms")
    def found(self, row: StreamQuality) -> str:
        """Return the alarms by rule in words."""
        return ", ".join(f"{count} {rule.replace('_', ' ')}" for rule, count in sorted(row.alarms.items())) or "none"


@desk_admin(QuarantinedCandle)
@desk_admin(QuarantinedCandle, site="console")
class QuarantinedCandleAdmin(DeskAdmin):
    """Candles that no reader sees: released or discarded with a reason."""

    desk = Desk.TRADING
    list_display: ClassVar = ["opened", "symbol", "interval", "venue", "rules", "detail", "state", "decision"]
    list_filter: ClassVar = ["state", "venue", "symbol", "rules"]
    ordering: ClassVar = ["-ts"]
    operations = (
        OperationAction("release", "Release", RELEASE, _release, available=lambda row: row.state == HeldState.HELD),
        OperationAction(
            "discard",
            "Discard",
            RELEASE,
            _discard,
            available=lambda row: row.state == HeldState.HELD,
            is_dangerous=True,
        ),
    )

    @admin.display(description="Opens")
    def opened(self, row: QuarantinedCandle) -> str:
        """Return the open time."""
        return _moment(row.ts)


@desk_admin(HistorySync)
@desk_admin(HistorySync, site="console")
class HistorySyncAdmin(DeskAdmin):
    """Ranges of candles that are fetched, with their progress."""

    desk = Desk.TRADING
    list_display: ClassVar = [
        "created_at", "symbol", "interval", "venue", "span", "state", "done", "added", "corrected", "held", "missing",
        "error_text",
    ]  # fmt: skip
    list_filter: ClassVar = ["state", "venue", "symbol"]
    ordering: ClassVar = ["-id"]
    table_operations = (START,)
    operations = (
        OperationAction(
            "cancel", "Cancel", SYNC, _cancel_sync, available=lambda row: row.state in OPEN_SYNCS, is_dangerous=True
        ),
    )

    @admin.display(description="Range")
    def span(self, row: HistorySync) -> str:
        """Return the range in words."""
        return f"{_moment(row.start_ts)} to {_moment(row.end_ts)}"

    @admin.display(description="Done")
    def done(self, row: HistorySync) -> str:
        """Return the progress in per cent."""
        return f"{row.percent} %"


@desk_admin(KnownGap, site="console")
class KnownGapAdmin(DeskAdmin):
    """What venues were asked for and do not have."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "interval", "venue", "first", "missing", "created_at"]
    list_filter: ClassVar = ["venue", "symbol"]

    @admin.display(description="First missing")
    def first(self, row: KnownGap) -> str:
        """Return the open time of the first missing candle."""
        return _moment(row.start_ts)


@desk_admin(CorporateAction, site="console")
class CorporateActionAdmin(DeskAdmin):
    """Splits and dividends."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "ex_day", "kind", "numerator", "denominator", "amount", "source"]
    list_filter: ClassVar = ["kind", "symbol"]
    ordering: ClassVar = ["-ex_day"]
    table_operations = (
        OperationAction("add", "Add a split or dividend", WRITE, _add_action, form=ActionForm),
        OperationAction("import", "Import a file", WRITE, _import_actions, form=ActionFileForm),
    )


@desk_admin(AdjustmentVersion, site="console")
class AdjustmentVersionAdmin(LedgerAdmin):
    """The factors that followed from splits and dividends, version by version."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "version", "reason", "created_at"]
    list_filter: ClassVar = ["symbol"]


@desk_admin(MarketClosure, site="console")
class MarketClosureAdmin(DeskAdmin):
    """Days on which markets stayed closed, beside the holidays that are known by rule."""

    desk = Desk.TRADING
    list_display: ClassVar = ["calendar", "day", "title"]
    ordering: ClassVar = ["-day"]
    list_filter: ClassVar = ["calendar"]
    table_operations = (
        OperationAction("add", "Add a closure", WRITE, _add_closure, form=ClosureForm),
        OperationAction("import", "Import a file", WRITE, _import_closures, form=ClosureFileForm),
    )
    operations = (OperationAction("remove", "Remove", WRITE, _remove_closure, is_dangerous=True),)


@desk_admin(RetentionPolicy, site="console")
class RetentionPolicyAdmin(DeskAdmin):
    """How long trades and book samples are kept."""

    desk = Desk.TRADING
    list_display: ClassVar = ["kind", "roll_up_days", "keep_days"]
    operations = (OperationAction("set", "Change", RETAIN, _set_retention, form=RetentionForm, is_dangerous=True),)


@desk_admin(TickPart, site="console")
class TickPartAdmin(DeskAdmin):
    """Stored hours of trades and book samples."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "kind", "venue", "hour", "part", "count", "is_thinned"]
    list_filter: ClassVar = ["kind", "venue", "symbol"]
    exclude: ClassVar = ["payload"]
    ordering: ClassVar = ["-hour_ts"]

    @admin.display(description="Hour")
    def hour(self, row: TickPart) -> str:
        """Return the hour."""
        return _moment(row.hour_ts)


@desk_admin(CandleChunk, site="console")
class CandleChunkAdmin(LedgerAdmin):
    """Sealed slots and their corrections."""

    desk = Desk.TRADING
    list_display: ClassVar = ["symbol", "interval", "venue", "start_ts", "version", "count", "reason", "created_at"]
    list_filter: ClassVar = ["symbol", "interval", "venue"]
    exclude: ClassVar = ["payload"]


@desk_admin(StreamSubscription, site="console")
class StreamSubscriptionAdmin(DeskAdmin):
    """Which bots are woken by which stream."""

    desk = Desk.TRADING
    list_display: ClassVar = ["stream", "schema", "bot_id"]


@desk_admin(FeedLease, site="console")
class FeedLeaseAdmin(DeskAdmin):
    """Who feeds what."""

    desk = Desk.TRADING
    list_display: ClassVar = ["name", "owner", "epoch", "until"]


def _poor_streams() -> Alarm | None:
    """Return the streams whose score is poor, in one sentence."""
    from django.urls import reverse

    since = (now() - timedelta(days=DAYS)).date()
    poor = [line for line in summarise_quality(since) if line.score < POOR]
    if not poor:
        return None
    worst = poor[0]
    more = f" and {len(poor) - 1} more streams" if len(poor) > 1 else ""
    text = f"{worst.symbol} {worst.stream} of {worst.venue} has a score of {worst.score}{more}."
    return Alarm(text, reverse("admin:market_data_streamquality_changelist"))


def _held_url() -> str:
    from django.urls import reverse

    return reverse("admin:market_data_quarantinedcandle_changelist") + "?state__exact=held"


add_desk_page(DeskPage(Desk.TRADING, "Market data monitor", "admin:market_data_monitor", PERMISSIONS[Desk.TRADING]))
add_queue(Queue(Desk.TRADING, "Candles in quarantine", lambda: list_held().count(), _held_url))
add_alarm(Desk.TRADING, _poor_streams)


def _moment(ms: int | None) -> str:
    return "–" if ms is None else f"{from_ms(ms):%Y-%m-%d %H:%M}"
