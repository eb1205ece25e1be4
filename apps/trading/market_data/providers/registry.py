"""Which providers there are and which one is in use."""

from dataclasses import dataclass

from django.conf import settings

from apps.trading.market_data.providers.errors import ProviderOff, ProviderUnknown
from apps.trading.market_data.providers.port import Limits, PriceProvider
from apps.trading.market_data.providers.quota import Quota, read_quota
from apps.trading.market_data.providers.twelve_data import NAME as TWELVE_DATA
from apps.trading.market_data.providers.twelve_data import TwelveData
from apps.trading.market_data.providers.yahoo import NAME as YAHOO
from apps.trading.market_data.providers.yahoo import Yahoo

PROVIDERS = {
    "file": "Files (CSV, Parquet)",
    TWELVE_DATA: "Twelve Data",
    YAHOO: "Yahoo-type source",
}
YAHOO_LIMITS = Limits(per_minute=30, per_day=2_000)
"""Ours: the site names none."""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A provider as staff see it: whether it can be used, why not, and what it was asked today."""

    name: str
    title: str
    is_ready: bool
    note: str
    is_chosen: bool
    quota: Quota | None = None


def get_provider(name: str = "") -> PriceProvider:
    """Return a provider by name, or the chosen one (OUTCRY_PRICE_PROVIDER).

    Raises ProviderUnknown and ProviderOff; each says what to do.
    """
    wanted = name or settings.PRICE_PROVIDER
    if wanted not in PROVIDERS:
        raise ProviderUnknown(field="provider", provider=wanted[:32], choices=", ".join(PROVIDERS))
    if wanted == "file":
        raise ProviderOff(provider=PROVIDERS[wanted], what="files are imported with manage.py import_candles")
    if wanted == YAHOO:
        if not settings.YAHOO_ENABLED:
            raise ProviderOff(provider=PROVIDERS[wanted], what="read its terms and set OUTCRY_YAHOO=on")
        return Yahoo(limits=YAHOO_LIMITS, **settings.YAHOO_ADDRESSES)
    if not settings.TWELVE_DATA_KEY:
        raise ProviderOff(provider=PROVIDERS[wanted], what="put its key into OUTCRY_TWELVE_DATA_KEY")
    return TwelveData(settings.TWELVE_DATA_KEY, limits=_limits(), **settings.TWELVE_DATA_ADDRESSES)


def list_providers() -> list[ProviderFacts]:
    """Return all providers with their state and the quota of those that count."""
    return [_facts(name) for name in PROVIDERS]


def _facts(name: str) -> ProviderFacts:
    chosen = name == settings.PRICE_PROVIDER
    if name == "file":
        return ProviderFacts(name, PROVIDERS[name], True, "manage.py import_candles, always there", chosen)
    try:
        provider = get_provider(name)
    except ProviderOff as refusal:
        return ProviderFacts(name, PROVIDERS[name], False, refusal.text, chosen)
    return ProviderFacts(name, PROVIDERS[name], True, "", chosen, read_quota(name, provider.limits))


def _limits() -> Limits:
    return Limits(settings.TWELVE_DATA_PER_MINUTE, settings.TWELVE_DATA_PER_DAY)
