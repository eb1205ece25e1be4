"""What the ledger refuses, in sentences."""

from apps.core.errors import Conflict, Defect, Invalid, NotAllowed, NotFound, Unavailable


class InsufficientFunds(Conflict):
    """Less is available than is asked for."""

    code = "ledger.insufficient_funds"
    message = "Only {available} {asset} are available. Choose a smaller amount."


class AccountFrozen(NotAllowed):
    """Nothing may leave the account."""

    code = "ledger.account_frozen"
    message = "This {asset} account is frozen, so nothing may leave it. Contact support."


class AccountClosed(Conflict):
    """Nothing may be posted to the account."""

    code = "ledger.account_closed"
    message = "This {asset} account is closed."


class AccountMissing(NotFound):
    """No such account."""

    code = "ledger.account_missing"
    message = "This account does not exist."


class JournalMissing(NotFound):
    """No such journal."""

    code = "ledger.journal_missing"
    message = "This journal does not exist."


class AmountTooFine(Invalid):
    """More decimals than the asset has."""

    code = "ledger.amount_too_fine"
    message = "{asset} takes at most {precision} decimals."


class AmountNotBookable(Invalid):
    """Zero, negative, or no number."""

    code = "ledger.amount_not_bookable"
    message = "The amount must be a number above zero."


class KeyReused(Conflict):
    """The key was used for something else."""

    code = "ledger.key_reused"
    message = "This was already booked with other amounts under the same key. Reload and look before you repeat it."


class PeriodClosed(Conflict):
    """The moment lies in a closed period."""

    code = "ledger.period_closed"
    message = "The books are closed until {until}. Choose a later date, or ask finance to reopen the period."


class PeriodTooYoung(Invalid):
    """Only what lies behind may be closed."""

    code = "ledger.period_too_young"
    message = "A period can be closed one hour after its end at the earliest."


class PeriodNotClosed(Conflict):
    """There is no such closing, or a later one stands."""

    code = "ledger.period_not_closed"
    message = "This closing is not the newest one that stands."


class HoldMissing(NotFound):
    """No such hold."""

    code = "ledger.hold_missing"
    message = "This reservation does not exist."


class HoldEnded(Conflict):
    """It is settled, released or expired."""

    code = "ledger.hold_ended"
    message = "This reservation is already {state}."


class HoldTooSmall(Conflict):
    """More is asked of the hold than remains."""

    code = "ledger.hold_too_small"
    message = "Only {remaining} remain of this reservation."


class JournalUnbalanced(Defect):
    """Legs that do not sum to zero, or cross books. Callers never send such a thing."""

    code = "ledger.journal_unbalanced"
    message = "The legs of this journal do not sum to zero in one book."


class PostedTwice(Defect):
    """A transaction may post once: two calls could lock in different orders."""

    code = "ledger.posted_twice"
    message = "A transaction posts to the ledger once; collect the journals into one call."


class AlreadyReversed(Conflict):
    """One journal, one reversal."""

    code = "ledger.already_reversed"
    message = "This journal is already reversed."


class NotReversible(Conflict):
    """Reversals and mirrors of a venue are not reversed by hand."""

    code = "ledger.not_reversible"
    message = "A {kind} cannot be reversed. Book an adjustment instead."


class EntryMissing(NotFound):
    """The account has no entry of that number."""

    code = "ledger.entry_missing"
    message = "This account has no such entry."


class StatementTooLong(Invalid):
    """More lines than a document of pages should have."""

    code = "ledger.statement_too_long"
    message = "{lines} lines are more than the {most} of one document. Choose a shorter period."


class DocumentsNotInstalled(Unavailable):
    """The typesetter is an extra of the installation."""

    code = "ledger.documents_not_installed"
    message = "PDF documents are not installed here. Take the CSV, or ask the operator to install the extra “pdf”."


class StaffOnly(NotAllowed):
    """Not staff, or not proved by a second factor in this session."""

    code = "ledger.staff_only"
    message = "This is for staff who logged in with a second factor."


class ExportInvalid(Invalid):
    """A period or a format that cannot be exported."""

    code = "ledger.export_invalid"
    message = "This cannot be exported like that."


class MappingInvalid(Invalid):
    """An account's name that accounting programs would not read."""

    code = "ledger.mapping_invalid"
    message = (
        "Write Assets, Liabilities, Equity, Income or Expenses, then parts after colons that begin with a capital"
        " letter or a digit and hold letters, digits and hyphens, for example Liabilities:Customers."
    )
