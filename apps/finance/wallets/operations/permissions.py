"""Who may do what with deposits, withdrawals and transfers; and whose money it is."""

from uuid import UUID

from apps.core.actors import Actor
from apps.core.errors import Defect
from apps.core.permissions import declare
from apps.finance.wallets.errors import KeysMoveNoMoney

DEPOSIT = declare("wallets.deposit", "Pay in, and set play money anew")
WITHDRAW = declare("wallets.withdraw", "Take one's own money out: withdrawals, address book, lock")
TRANSFER = declare("wallets.transfer", "Send one's own money to other customers")
CONFIRM_DEPOSITS = declare("wallets.confirm_deposits", "Confirm and reject deposits by bank")
APPROVE_DEPOSITS = declare("wallets.approve_deposits", "Approve deposits that somebody else confirmed")
APPROVE_WITHDRAWALS = declare("wallets.approve_withdrawals", "Approve withdrawals")
HANDLE_WITHDRAWALS = declare("wallets.handle_withdrawals", "Stop, let go on, reject and try again withdrawals")
PROPOSE_POLICIES = declare("wallets.propose_policies", "Propose fees, approvals, waiting times and bank accounts")
APPROVE_POLICIES = declare("wallets.approve_policies", "Approve fees, approvals, waiting times and bank accounts")
RUN = declare("wallets.run_custody", "Watch deposits, pay withdrawals, settle (done by the product itself)")
SYSTEM = Actor.system("wallets")


def person_of(actor: Actor) -> UUID:
    """Return the person who moves their own money. Raises KeysMoveNoMoney for an API key, Defect for the product."""
    if actor.scopes is not None:
        raise KeysMoveNoMoney
    if actor.id is None:
        raise Defect("Own money needs a person.")
    return actor.id
