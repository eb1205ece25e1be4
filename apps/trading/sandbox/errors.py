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
