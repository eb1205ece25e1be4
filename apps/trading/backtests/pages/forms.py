"""The form of a back-test."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from apps.trading.backtests.candles import recorded_span
from apps.trading.backtests.models import BacktestRun
from apps.trading.backtests.operations import BacktestRequest
from apps.trading.instruments.queries import list_instruments
from apps.trading.strategies.queries import Version, get_version_row, list_latest_versions
from kernel.rules.nodes import plain_text

DEFAULTS = {"cash": "10000", "fee_percent": "0.1", "slippage_bps": "2"}
USUAL_SPAN = timedelta(days=365)
FIELD_OF = {"version_id": "version", "taker_fee": "fee_percent"}


class BacktestForm(forms.Form):
    """What to test, over which days (both included, UTC), with how much money and which costs."""

    version = forms.ChoiceField(label="Strategy")
    symbol = forms.ChoiceField(label="Market")
    start = forms.DateField(label="From", widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label="To", widget=forms.DateInput(attrs={"type": "date"}))
    cash = forms.DecimalField(label="Start funds", max_digits=20, decimal_places=8)
    fee_percent = forms.DecimalField(label="Fee", max_digits=8, decimal_places=6, min_value=0, max_value=10)
    slippage_bps = forms.DecimalField(label="Slippage", max_digits=8, decimal_places=4, min_value=0, max_value=1000)
    adjusted = forms.BooleanField(label="Adjust prices for splits and dividends (stocks)", required=False)

    def __init__(self, *args: Any, owner_id: UUID, chosen: Version | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        versions = list(list_latest_versions(owner_id)[:200])
        if chosen is not None and chosen.pk not in {row.pk for row in versions}:
            versions.insert(0, chosen)
        self.fields["version"].choices = [(str(row.pk), _version_words(row)) for row in versions]  # type: ignore[attr-defined]
        self.fields["symbol"].choices = [(row.symbol, f"{row.base}/{row.quote}") for row in list_instruments()]  # type: ignore[attr-defined]
        for name in ("start", "end"):
            self.fields[name].widget.input_type = "date"

    def request(self) -> BacktestRequest:
        """Return the request of a valid form."""
        given = self.cleaned_data
        return BacktestRequest(
            version_id=UUID(given["version"]),
            symbol=given["symbol"],
            start=_midnight(given["start"]),
            end=_midnight(given["end"] + timedelta(days=1)),
            cash=given["cash"],
            taker_fee=given["fee_percent"] / 100,
            slippage_bps=given["slippage_bps"],
            adjusted=given["adjusted"],
        )

    def clean_end(self) -> date:
        """Refuse the last day of the calendar, after which there is no midnight."""
        end: date = self.cleaned_data["end"]
        if end.year > 9000:
            raise forms.ValidationError("This is too far in the future.")
        return end


def first_values(owner_id: UUID, chosen: Version | None, symbol: str) -> dict[str, Any]:
    """Return what a new form starts with: the last recorded year, usual costs."""
    span = recorded_span(symbol)
    values: dict[str, Any] = {**DEFAULTS, "symbol": symbol, "version": str(chosen.pk) if chosen else ""}
    if span is not None:
        first, last = span
        values |= {"start": max(first, last - USUAL_SPAN).date().isoformat(), "end": last.date().isoformat()}
    return values


def values_of(run: BacktestRun) -> dict[str, Any]:
    """Return what a form starts with that repeats a run."""
    return {
        "version": str(run.version_id),
        "symbol": run.symbol,
        "start": run.start.date().isoformat(),
        "end": (run.end - timedelta(milliseconds=1)).date().isoformat(),
        "cash": plain_text(run.cash),
        "fee_percent": plain_text(run.taker_fee * Decimal(100)),
        "slippage_bps": plain_text(run.slippage_bps),
        "adjusted": run.adjustment is not None,
    }


def chosen_version(owner_id: UUID, text: str) -> Version | None:
    """Return the version named in an address, None without one. Raises VersionMissing for somebody else's."""
    try:
        return get_version_row(UUID(text), owner_id=owner_id) if text else None
    except ValueError:
        return None


def _version_words(row: Version) -> str:
    return f"{row.strategy.name}, version {row.number} ({row.document['timeframe']})"


def _midnight(at: date) -> datetime:
    return datetime.combine(at, time(), UTC)
