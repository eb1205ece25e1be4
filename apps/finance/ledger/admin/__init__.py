"""The finance desk: accounts, journals, entries, holds, seals, periods, trial balance, export."""

from apps.finance.ledger.admin import accounts, journals, periods, queues  # noqa: F401 - they register themselves
