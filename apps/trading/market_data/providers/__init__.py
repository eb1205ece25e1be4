"""Sources of prices of stocks and forex beyond exchanges: one port, chosen by configuration."""

from apps.trading.market_data.providers.port import Limits, PriceProvider, ProviderBar, ProviderQuote
from apps.trading.market_data.providers.quota import Quota, read_quota
from apps.trading.market_data.providers.registry import PROVIDERS, ProviderFacts, get_provider, list_providers

__all__ = [
    "PROVIDERS",
    "Limits",
    "PriceProvider",
    "ProviderBar",
    "ProviderFacts",
    "ProviderQuote",
    "Quota",
    "get_provider",
    "list_providers",
    "read_quota",
]
