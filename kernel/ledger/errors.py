"""What the model refuses. Nothing has changed when one of these is raised."""


class LedgerRefusal(ValueError):
    """The base of all refusals of the model."""


class UnbalancedError(LedgerRefusal):
    """The legs are no journal: they do not sum to zero per asset, or one of them is impossible."""


class BooksCrossed(UnbalancedError):
    """The accounts of one journal stand in two books."""


class UseExceedsLeg(UnbalancedError):
    """A journal uses more of an account's holds than it takes from that account."""


class AccountMissing(LedgerRefusal):
    """No such account."""


class AccountFrozen(LedgerRefusal):
    """Nothing may leave the account and nothing may be held there."""


class AccountClosed(LedgerRefusal):
    """Nothing may be posted to the account."""


class AmountNotBookable(LedgerRefusal):
    """The amount is finer than the account's asset, or not more than zero where it must be."""


class FloorBreached(LedgerRefusal):
    """What is left, less what is held, would be below the floor."""


class KeyReused(LedgerRefusal):
    """The key was used before with other content."""


class HoldMissing(LedgerRefusal):
    """No such hold."""


class HoldClosed(LedgerRefusal):
    """The hold is settled, released or expired."""


class HoldTooSmall(LedgerRefusal):
    """More is asked of the hold than remains."""


class JournalMissing(LedgerRefusal):
    """No such journal."""


class AlreadyReversed(LedgerRefusal):
    """One journal, one reversal."""


class NotReversible(LedgerRefusal):
    """A reversal is not reversed."""
