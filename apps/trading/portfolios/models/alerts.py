"""When a customer wants to be told of the result of a day."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory
from apps.trading.portfolios.models.portfolios import Portfolio, amount_field

OPERATIONAL, FINANCIAL = DataCategory.OPERATIONAL, DataCategory.FINANCIAL


class ResultAlert(BaseModel):
    """Tell when the day's result of a portfolio, or of a bot's book, passes ± `bound`.

    `gain_told_on` and `loss_told_on` are the newest days, by the customer's clock, on which each crossing was told.
    """

    data_categories: ClassVar = {
        **dict.fromkeys(("owner", "portfolio", "book", "gain_told_on", "loss_told_on"), OPERATIONAL),
        "bound": FINANCIAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    portfolio = models.ForeignKey(Portfolio, on_delete=models.PROTECT, null=True, related_name="result_alerts")
    book = models.ForeignKey("positions.Book", on_delete=models.PROTECT, null=True, related_name="+")
    bound = amount_field()
    gain_told_on = models.DateField(null=True)
    loss_told_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["portfolio", "bound"], condition=Q(portfolio__isnull=False),
                name="one_result_alert_per_bound"
            ),
            models.UniqueConstraint(
                fields=["book", "bound"], condition=Q(book__isnull=False), name="one_alert_per_book_bound"
            ),
            models.CheckConstraint(
                condition=Q(portfolio__isnull=False, book__isnull=True)
                | Q(portfolio__isnull=True, book__isnull=False),
                name="result_alert_has_one_subject",
            ),
            models.CheckConstraint(condition=Q(bound__gt=0), name="result_alert_has_a_bound"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"± {self.bound.normalize():f}"
