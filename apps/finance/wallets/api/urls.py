"""Addresses under /api/v1/."""

from apps.finance.wallets.api.earning_urls import earning_patterns
from apps.finance.wallets.api.funding_urls import funding_patterns

urlpatterns = [*funding_patterns, *earning_patterns]
