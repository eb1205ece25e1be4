"""The form of a new bot."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.trading.bots.operations import BotWish
from apps.trading.exchanges.choices import ConnectionState
from apps.trading.exchanges.queries import list_connections
from apps.trading.instruments.queries import list_instruments
from apps.trading.strategies.queries import list_latest_versions


class BotForm(forms.Form):
    """Name, strategy (its newest version), market, account, funds, day loss limit."""

    name = forms.CharField(max_length=80, label="Name")
    strategy = forms.ChoiceField(label="Strategy", help_text="The bot keeps this version until you change it.")
    symbol = forms.ChoiceField(label="Market")
    connection = forms.ChoiceField(label="Exchange")
    capital = forms.DecimalField(
        label="Funds it may use", min_value=Decimal(1), max_value=Decimal(10) ** 10, max_digits=28, decimal_places=8
    )
    max_day_loss_percent = forms.DecimalField(
        label="Open nothing more after a day's loss of",
        min_value=Decimal("0.01"),
        max_value=Decimal(100),
        max_digits=5,
        decimal_places=2,
        required=False,
    )

    def __init__(self, *args: Any, owner_id: UUID, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("strategy", [(str(row.pk), _version(row)) for row in list_latest_versions(owner_id)])
        self._choose("symbol", [(row.symbol, f"{row.base}/{row.quote}") for row in list_instruments()])
        active = list_connections(owner_id).filter(state=ConnectionState.ACTIVE)
        self._choose("connection", [(str(row.pk), f"{row.label}, {row.mode}") for row in active])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def wish(self) -> BotWish:
        """Return what a valid form asks for."""
        given: dict[str, Any] = self.cleaned_data
        return BotWish(
            name=given["name"],
            strategy_version_id=UUID(given["strategy"]),
            connection_id=UUID(given["connection"]),
            symbol=given["symbol"],
            budget=given["capital"],
            max_day_loss_percent=given["max_day_loss_percent"],
        )


def _version(row: Any) -> str:
    return f"{row.strategy.name}, version {row.number}"
