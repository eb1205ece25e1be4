"""Portfolios, their books, the money that came and went, and their noted values."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel, EntryModel
from apps.core.placement import DataCategory
from apps.core.triggers import append_only
from apps.trading.exchanges.choices import Mode
from apps.trading.portfolios.choices import FlowKind, Resolution

OPERATIONAL, FINANCIAL, CONTENT = DataCategory.OPERATIONAL, DataCategory.FINANCIAL, DataCategory.CONTENT


def amount_field(**more: Any) -> "models.DecimalField[Any, Any]":
    """Return a column for an amount: 38 digits, 18 of them after the point."""
    return models.DecimalField(max_digits=38, decimal_places=18, **more)


class Portfolio(BaseModel):
    """A named set of books of one mode, valued in `currency`.

    `units` stand for shares in it: what comes in buys units at the value of that moment, so that value ÷ units changes
    by results only. `epoch` counts how often it began anew from nothing. `is_default`: all books of the mode.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(
            ("owner", "mode", "currency", "is_default", "archived_at", "epoch", "sampled_at", "benchmark_symbol"),
            OPERATIONAL,
        ),
        "benchmark": OPERATIONAL,
        "name": CONTENT,
        "units": FINANCIAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    mode = models.CharField(max_length=8, choices=Mode.choices)
    currency = models.CharField(max_length=16, default="USDT")
    is_default = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True)
    units = amount_field(default=0)
    epoch = models.PositiveIntegerField(default=0)
    sampled_at = models.DateTimeField(null=True)
    benchmark_symbol = models.CharField(max_length=32, blank=True)
    benchmark = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=models.Q(archived_at__isnull=True),
                name="portfolio_name_per_owner",
            ),
            models.UniqueConstraint(
                fields=["owner", "mode"],
                condition=models.Q(is_default=True),
                name="one_default_portfolio_per_mode",
            ),
            models.CheckConstraint(
                condition=models.Q(is_default=False) | models.Q(archived_at__isnull=True),
                name="default_portfolio_stays",
            ),
            models.CheckConstraint(condition=models.Q(units__gte=0), name="portfolio_units_not_negative"),
            models.CheckConstraint(
                condition=models.Q(benchmark_symbol="") | models.Q(benchmark__isnull=True),
                name="portfolio_has_one_benchmark",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PortfolioBook(BaseModel):
    """A book of a portfolio; a book may stand in several."""

    data_categories: ClassVar = {"portfolio": OPERATIONAL, "book": OPERATIONAL}

    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="members")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portfolio", "book"], name="book_once_per_portfolio"),
        ]

    def __str__(self) -> str:
        return f"book {self.book_id}"


class CashFlow(EntryModel):
    """What came in (positive) or went out without being a result; never changed.

    `quantity` of `asset` moved (0 for books, whose holdings are their positions); `amount` is its worth in the
    portfolio's currency at that moment, `value_before` what the portfolio was worth just before, `units` what it
    bought (negative: gave back), and `units_after` what there were then.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(("portfolio", "kind", "book", "connection", "epoch", "at"), OPERATIONAL),
        **dict.fromkeys(("asset", "quantity", "amount", "value_before", "units", "units_after"), FINANCIAL),
        "note": CONTENT,
    }

    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="flows")
    kind = models.CharField(max_length=12, choices=FlowKind.choices)
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, null=True, related_name="+")
    connection = models.ForeignKey("exchanges.Connection", on_delete=models.PROTECT, null=True, related_name="+")
    asset = models.CharField(max_length=16, blank=True)
    quantity = amount_field(default=0)
    amount = amount_field()
    value_before = amount_field()
    units = amount_field()
    units_after = amount_field()
    epoch = models.PositiveIntegerField()
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["portfolio", "-at"], name="flow_by_portfolio")]
        triggers: ClassVar = append_only("cashflow")

    def __str__(self) -> str:
        return f"{self.kind} {self.amount.normalize():f}"


class NavSample(EntryModel):
    """What a portfolio was worth: the last value seen in a span. Nothing is written while a price is missing.

    `at` is the start of the span (UTC), `seen_at` the moment of the value.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(("portfolio", "resolution", "at", "seen_at", "epoch"), OPERATIONAL),
        **dict.fromkeys(("value", "units"), FINANCIAL),
    }

    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, related_name="samples")
    resolution = models.CharField(max_length=6, choices=Resolution.choices)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    value = amount_field()
    units = amount_field()
    epoch = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portfolio", "resolution", "at"], name="one_sample_per_span"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.value.normalize():f}"
