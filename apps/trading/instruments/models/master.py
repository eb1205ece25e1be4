"""The symbol master: public facts, shared by all tenants."""

from typing import ClassVar

from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.trading.instruments.choices import AssetClass, InstrumentStatus

FACT = DataCategory.PUBLIC_FACT


class Instrument(BaseModel):
    """A pair, a currency or a share: `tick` is the price step in quote, `lot` the quantity step in base.

    `hours` is the code of a calendar of kernel.instruments; `market` says where it is listed (XNAS, a venue, empty for
    many). A delisted instrument is in no list.
    """

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(
        (
            "symbol", "name", "asset_class", "market", "base", "quote", "tick", "lot", "min_quantity", "max_quantity",
            "min_notional", "hours", "status", "is_active",
        ),
        FACT,
    )  # fmt: skip

    symbol = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120, blank=True)
    asset_class = models.CharField(max_length=8, choices=AssetClass.choices, default=AssetClass.CRYPTO)
    market = models.CharField(max_length=24, blank=True)
    base = models.CharField(max_length=16)
    quote = models.CharField(max_length=16)
    tick = models.DecimalField(max_digits=38, decimal_places=18)
    lot = models.DecimalField(max_digits=38, decimal_places=18)
    min_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    max_quantity = models.DecimalField(max_digits=38, decimal_places=18)
    min_notional = models.DecimalField(max_digits=38, decimal_places=18)
    hours = models.CharField(max_length=8, default="24x7")
    status = models.CharField(max_length=8, choices=InstrumentStatus.choices, default=InstrumentStatus.TRADING)
    is_active = models.BooleanField(default=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["asset_class", "symbol"], name="instrument_by_class")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(symbol__regex=r"^[A-Z0-9]{2,32}$"), name="instrument_symbol_form"
            ),
            models.CheckConstraint(
                condition=models.Q(tick__gt=0, lot__gt=0, min_quantity__gte=0, min_notional__gte=0)
                & models.Q(max_quantity__gte=models.F("min_quantity")),
                name="instrument_grid_is_positive",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=InstrumentStatus.DELISTED) | models.Q(is_active=False),
                name="delisted_is_in_no_list",
            ),
        ]

    def __str__(self) -> str:
        return self.symbol


class InstrumentAlias(BaseModel):
    """Another name of an instrument, in capitals: at one `source` (a venue, a data provider) or, empty, everywhere."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = dict.fromkeys(("instrument", "alias", "source"), FACT)

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="aliases")
    alias = models.CharField(max_length=40)
    source = models.CharField(max_length=32, blank=True)

    class Meta:
        verbose_name_plural = "instrument aliases"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["alias", "source"], name="one_instrument_per_alias"),
            models.CheckConstraint(condition=models.Q(alias__regex=r"^[!-`{-~]{1,40}$"), name="alias_is_in_capitals"),
        ]

    def __str__(self) -> str:
        return f"{self.alias} ({self.source})" if self.source else self.alias
