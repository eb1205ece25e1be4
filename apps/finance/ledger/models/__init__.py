"""Tables of the ledger."""

from apps.finance.ledger.models.accounts import Account
from apps.finance.ledger.models.holds import Hold
from apps.finance.ledger.models.journals import Entry, Journal, JournalSeal
from apps.finance.ledger.models.mappings import ExportMapping
from apps.finance.ledger.models.periods import PeriodClose

__all__ = ["Account", "Entry", "ExportMapping", "Hold", "Journal", "JournalSeal", "PeriodClose"]
