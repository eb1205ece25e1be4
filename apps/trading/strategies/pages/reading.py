"""Gathering what the strategy pages show."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F
from django.urls import reverse

from apps.core.view import Fact, Page
from apps.trading.strategies import queries
from apps.trading.strategies.choices import StrategyState
from apps.trading.strategies.models import Strategy, StrategyVersion
from apps.trading.strategies.pages.shown import (
    DiffPage,
    GalleryPage,
    StrategiesPage,
    StrategyPage,
    StrategyRow,
    TemplateCard,
    VersionRow,
)
from apps.trading.strategies.wording import (
    changes,
    joined_by,
    lines_of,
    sentence,
    sizing_words,
    spelled_out,
    stop_words,
    summary,
    target_words,
)
from kernel.strategy import Example

PAGE_SIZE = 50
VERSIONS_SHOWN = 50


def moment(at: datetime) -> str:
    """Return a moment as pages write it: "2 Jun 2024, 09:02"."""
    return f"{at.day} {at:%b %Y, %H:%M}"


def strategies_page(owner_id: UUID, *, archived: bool, page: int) -> StrategiesPage:
    """Return the list of a person's strategies, 50 a page from `page` (1, 2 …) on."""
    state = StrategyState.ARCHIVED if archived else StrategyState.ACTIVE
    first = (page - 1) * PAGE_SIZE
    found = list(queries.list_strategies(owner_id, state)[first : first + PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    query = "?archived=1&page=" if archived else "?page="
    address = reverse("strategies-list")
    return StrategiesPage(
        new_url=reverse("strategies-new"),
        gallery_url=reverse("strategies-gallery"),
        strategies=_rows(owner_id, shown),
        templates=[] if shown or archived else [_card(example) for example in queries.list_examples()],
        page=Page(
            f"{len(shown)} strategies",
            f"{address}{query}{page - 1}" if page > 1 else "",
            f"{address}{query}{page + 1}" if len(found) > PAGE_SIZE else "",
        ),
        other_label="Strategies in use" if archived else "Archived",
        other_url=address if archived else f"{address}?archived=1",
    )


def _rows(owner_id: UUID, shown: Sequence[Strategy]) -> list[StrategyRow]:
    newest = {
        row.strategy_id: row
        for row in StrategyVersion.objects.filter(strategy__in=shown, number=F("strategy__latest_number"))
    }
    results = queries.results_of(owner_id, [row.pk for row in newest.values()])
    bots = queries.bots_of(owner_id, [strategy.pk for strategy in shown])
    return [
        _row(strategy, newest[strategy.pk], results.get(newest[strategy.pk].pk), bots.get(strategy.pk, 0))
        for strategy in shown
    ]


def _row(strategy: Strategy, newest: StrategyVersion, found: queries.LastResult | None, bots: int) -> StrategyRow:
    return StrategyRow(
        name=strategy.name,
        url=reverse("strategies-detail", args=[strategy.pk]),
        market=found.symbol if found else "Any market",
        interval=newest.document["timeframe"],
        version=strategy.latest_number,
        changed=moment(newest.created_at),
        last_result=found.result if found else None,
        last_result_url=found.url if found else "",
        holding=found.holding if found else None,
        bots=bots,
        backtest_url=backtest_url(newest.pk),
    )


def backtest_url(version_id: UUID) -> str:
    """Return where a version is back-tested."""
    return f"/backtests/new/?version={version_id}"


def _card(example: Example) -> TemplateCard:
    return TemplateCard(
        key=example.key,
        name=example.title,
        text=f"{example.idea} {example.works} {example.fails}",
        sentence=sentence(example.document),
        url=f"{reverse('strategies-new')}?example={example.key}",
    )


def gallery_page() -> GalleryPage:
    """Return the gallery."""
    return GalleryPage(reverse("strategies-list"), [_card(example) for example in queries.list_examples()])


def strategy_page(owner_id: UUID, strategy_id: UUID, number: int | None) -> StrategyPage:
    """Return a strategy at version `number` (None: the newest)."""
    version = queries.get_numbered_version(strategy_id, owner_id, number)
    strategy, document = version.strategy, spelled_out(version.parsed())
    archived = strategy.state == StrategyState.ARCHIVED
    return StrategyPage(
        name=document.name,
        parent_url=reverse("strategies-list"),
        note=f"{document.timeframe} candles, version {version.number} of {strategy.latest_number}",
        is_archived=archived,
        edit_url=reverse("strategies-edit", args=[strategy.pk]),
        backtest_url=backtest_url(version.pk),
        optimise_url=f"/studies/new/?version={version.pk}",
        bot_url=f"/bots/new/?version={version.pk}",
        archive_url=reverse("strategies-restore" if archived else "strategies-archive", args=[strategy.pk]),
        sentence=sentence(document),
        entry=lines_of(document.entry),
        entry_join=joined_by(document.entry),
        exit=lines_of(document.exit),
        exit_join=joined_by(document.exit),
        facts=[
            Fact("Size of a trade", sizing_words(document)),
            Fact("Stop loss", stop_words(document)),
            Fact("Take profit", target_words(document)),
            Fact("Fingerprint", version.document_hash[:12]),
        ],
        versions=_version_rows(strategy, owner_id, version.number),
        backtests=queries.backtests_of(owner_id, strategy.pk),
    )


def _version_rows(strategy: Strategy, owner_id: UUID, current: int) -> list[VersionRow]:
    found = list(queries.list_versions(strategy.pk, owner_id)[: VERSIONS_SHOWN + 1])
    results = queries.results_of(owner_id, [row.pk for row in found])
    address = reverse("strategies-detail", args=[strategy.pk])
    diff = reverse("strategies-diff", args=[strategy.pk])
    rows = []
    for place, row in enumerate(found[:VERSIONS_SHOWN]):
        before = found[place + 1] if place + 1 < len(found) else None
        result = results.get(row.pk)
        rows.append(
            VersionRow(
                number=row.number,
                url=f"{address}?version={row.number}",
                current=row.number == current,
                time=moment(row.created_at),
                change=summary(before.parsed() if before else None, row.parsed()),
                diff_url=f"{diff}?from={before.number}&to={row.number}" if before else "",
                result=result.result if result else None,
                result_url=result.url if result else "",
            )
        )
    return rows


def diff_page(owner_id: UUID, strategy_id: UUID, before: int, after: int) -> DiffPage:
    """Return what changed from version `before` to version `after`."""
    old = queries.get_numbered_version(strategy_id, owner_id, before)
    new = queries.get_numbered_version(strategy_id, owner_id, after)
    return DiffPage(
        name=new.strategy.name,
        parent_url=reverse("strategies-detail", args=[strategy_id]),
        title=f"Version {before} to version {after}",
        changes=changes(old.parsed(), new.parsed()),
    )
