"""What can be refused about the sandbox exchange."""

from apps.core.errors import Invalid, NotFound, Unavailable


class SandboxAway(Unavailable):
    """The exchange's control port does not answer."""

    code = "sandbox.away"
    message = "The sandbox exchange does not answer at the moment. Your request is kept and done as soon as it is back."


class FundsNotPossible(Invalid):
    """The exchange does not take these funds."""

    code = "sandbox.funds_not_possible"
    message = "The sandbox exchange cannot open an account with these funds: {reason}."


class AccountMissing(NotFound):
    """No paper account belongs to the connection."""

    code = "sandbox.account_missing"
    message = "There is no paper account for this connection."


class ExchangeRefused(Invalid):
    """The exchange refused what staff asked; nothing changed there."""

    code = "sandbox.exchange_refused"
    message = "The sandbox exchange refused: {reason}."


class OutcomeUnknown(Unavailable):
    """The exchange did not answer a command."""

    code = "sandbox.outcome_unknown"
    message = (
        "The sandbox exchange did not answer, so it may have happened or not. Look where it stands, then ask again."
    )


class NoSuchPaperAccount(NotFound):
    """No paper account of this number has a key."""

    code = "sandbox.no_such_paper_account"
    message = "No open paper account has the number {account}. Take the number from the list of sandbox accounts."
