"""The wallets at the desks."""

from apps.finance.wallets.admin import earning, funding, policies  # noqa: F401 - they register themselves
