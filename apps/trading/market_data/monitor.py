"""The page on which staff see how market data is: streams, feeds, providers and their quotas, caches."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.core.clock import now
from apps.core.shelves import hit_rates
from apps.trading.market_data.providers import ProviderFacts, list_providers
from apps.trading.market_data.queries import QualitySummary, count_feed_processes, list_feeds, summarise_quality
from kernel.quality import Rule

DAYS = 2
POOR = 90
"""A stream with a score below this is marked."""


@dataclass(frozen=True, slots=True)
class StreamLine:
    """A stream over the last two days."""

    symbol: str
    stream: str
    venue: str
    score: int
    is_poor: bool
    rows: str
    missing: str
    off_grid: str
    alarms: str
    last_alarm: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A group of streams and who leads it."""

    name: str
    owner: str
    changes: int
    state: str
    is_led: bool


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """A price provider and what it was asked."""

    title: str
    state: str
    day: str
    minute: str
    again: str


@dataclass(frozen=True, slots=True)
class CacheLine:
    """A cache and how often it had what was asked for."""

    name: str
    hits: str
    misses: str
    rate: str


def monitor_view(desk: Any, request: HttpRequest) -> HttpResponse:
    """Show the monitor to who sees the desk."""
    if not desk.has_view_permission(request):
        raise Http404
    context = {**desk.admin_site.each_context(request), "title": "Market data monitor", **monitor_facts()}
    return TemplateResponse(request, "admin/market_data/monitor.html", context)


def monitor_facts() -> dict[str, Any]:
    """Return the lines of the page: streams (the worst first), feeds, providers, caches."""
    since = (now() - timedelta(days=DAYS)).date()
    return {
        "streams": [_stream(row) for row in summarise_quality(since)],
        "processes": count_feed_processes(),
        "feeds": [
            FeedLine(row.name, row.owner, row.epoch - 1, "Leading" if row.is_led else "Nobody leads it", row.is_led)
            for row in list_feeds()
        ],
        "providers": [_provider(row) for row in list_providers()],
        "caches": [
            CacheLine(
                row.name.replace("_", " ").replace("-", " "), f"{row.hits:,}", f"{row.misses:,}", _rate(row.percent)
            )
            for row in hit_rates()
        ],
    }


def _stream(row: QualitySummary) -> StreamLine:
    others = {rule: count for rule, count in row.alarms.items() if rule != Rule.OFF_GRID}
    return StreamLine(
        symbol=row.symbol,
        stream=row.stream,
        venue=row.venue,
        score=row.score,
        is_poor=row.score < POOR,
        rows=f"{row.rows:,}",
        missing=f"{row.missing:,}",
        off_grid=f"{row.alarms.get(Rule.OFF_GRID, 0):,}",
        alarms=", ".join(f"{count:,} {rule.replace('_', ' ')}" for rule, count in others.items()) or "none",
        last_alarm=row.last_alarm,
    )


def _provider(row: ProviderFacts) -> ProviderLine:
    quota = row.quota
    state = "Ready" if row.is_ready else row.note
    if row.is_chosen:
        state = f"{state} (chosen)"
    if quota is None:
        return ProviderLine(row.title, state, "–", "–", "–")
    return ProviderLine(
        title=row.title,
        state=state,
        day=f"{quota.day_used:,} of {quota.day_limit:,}",
        minute=f"{quota.minute_used:,} of {quota.minute_limit:,}",
        again=f"in {quota.day_left_s // 3_600} h {quota.day_left_s % 3_600 // 60} min",
    )


def _rate(percent: int | None) -> str:
    return "–" if percent is None else f"{percent} %"


def _words(name: str) -> str:
    return name.replace("_", " ").replace("-", " ")
