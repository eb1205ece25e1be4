"""What deposits, withdrawals and transfers refuse, in sentences."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound


class NetworkUnknown(Invalid):
    """No such way in or out for this asset."""

    code = "wallets.network_unknown"
    message = "{asset} cannot be sent over this network. Choose one of: {choices}."


class AddressInvalid(Invalid):
    """The text is no address of the network."""

    code = "wallets.address_invalid"
    message = "{why}"


class AddressKnown(Conflict):
    """It is in the book already."""

    code = "wallets.address_known"
    message = "This address is in your book already."


class OwnDepositAddress(Invalid):
    """Money would leave to come in again."""

    code = "wallets.own_deposit_address"
    message = "This is an address of this house. Send to a customer by a transfer instead; it costs nothing."


class TooManyAddresses(LimitReached):
    """The book is full; waiting makes no room."""

    http_status = 409
    code = "wallets.too_many_addresses"
    message = "Your book has {most} addresses. Remove one first."


class AddressMissing(NotFound):
    """No such address of this customer."""

    code = "wallets.address_missing"
    message = "This address is not in your book."


class AddressNotProved(Conflict):
    """The mailed code was never entered, or the address was removed."""

    code = "wallets.address_not_proved"
    message = "Enter the code that was mailed to you for this address first."


class ProofWrong(Invalid):
    """The code is not the one that was mailed."""

    code = "wallets.proof_wrong"
    message = "This is not the code of the newest mail for this address."


class ProofOver(Conflict):
    """Too late, or tried too often."""

    code = "wallets.proof_over"
    message = "This code is used up. Have a new one mailed."


class ProofTooSoon(LimitReached):
    """Mails are sent at most so often."""

    code = "wallets.proof_too_soon"
    message = "A code was mailed a moment ago. Ask for another one in {retry_after} s."


class LockInvalid(Invalid):
    """The number of days is not one."""

    code = "wallets.lock_invalid"
    message = "A lock is 1 to 30 days; 0 lifts it."


class LockUnchanged(Conflict):
    """The lock is as asked."""

    code = "wallets.lock_unchanged"
    message = "Your lock is that already."


class WalletLocked(Conflict):
    """Nothing leaves while the owner's lock stands."""

    code = "wallets.wallet_locked"
    message = "Your wallet is locked. Lift the lock first; it opens {days} days after that."


class WalletCooling(Conflict):
    """A waiting time runs."""

    code = "wallets.wallet_cooling"
    message = "{why}. Money leaves again at {until}."


class KeysMoveNoMoney(NotAllowed):
    """Money leaves by a person's hand only."""

    code = "wallets.keys_move_no_money"
    message = "An API key cannot move money out or change where it goes. Sign in and do it yourself."


class PayoutTooSmall(Invalid):
    """Less would arrive than is paid out."""

    code = "wallets.payout_too_small"
    message = "After the fee of {fee} {asset} at least {minimum} {asset} have to arrive. Ask for more."


class FeeMissing(Conflict):
    """No fee is set: default deny."""

    code = "wallets.fee_missing"
    message = "Withdrawals of {asset} over this network are not open."


class WithdrawalMissing(NotFound):
    """No such withdrawal of this customer."""

    code = "wallets.withdrawal_missing"
    message = "This withdrawal does not exist."


class ConfirmationOver(Conflict):
    """The second factor came too late."""

    code = "wallets.confirmation_over"
    message = "The time to confirm this withdrawal is over. Ask for it again."


class TooLateToStop(Conflict):
    """It is with the provider, or at its end."""

    code = "wallets.too_late_to_stop"
    message = "This withdrawal is {state}; it can no longer be changed."


class StillWaiting(Conflict):
    """A waiting time stands against it."""

    code = "wallets.still_waiting"
    message = "This cannot be approved yet: {why}{until}."


class NotStopped(Conflict):
    """Nothing to let go on."""

    code = "wallets.not_stopped"
    message = "Nobody has stopped this withdrawal."


class DepositMissing(NotFound):
    """No such deposit of this customer."""

    code = "wallets.deposit_missing"
    message = "This deposit does not exist."


class TooManyAnnouncements(LimitReached):
    """So many at once; waiting makes no room."""

    http_status = 409
    code = "wallets.too_many_announcements"
    message = "You have announced {most} payments that have not arrived. Take one back first."


class NotByBank(Invalid):
    """Only what comes by bank is announced and confirmed by hand."""

    code = "wallets.not_by_bank"
    message = "{asset} is paid in to an address, not by bank."


class OwnMoney(NotAllowed):
    """Nobody decides about their own money."""

    code = "wallets.own_money"
    message = "This is your own money, so somebody else has to decide."


class AskedAlready(Conflict):
    """A second person is asked already."""

    code = "wallets.asked_already"
    message = "This waits for a second person already."


class NotSimulated(Invalid):
    """Coins can be made up in the sandbox only."""

    code = "wallets.not_simulated"
    message = "Only addresses of the sandbox can be paid by a simulation."


class TransferMissing(NotFound):
    """No such transfer of this customer."""

    code = "wallets.transfer_missing"
    message = "This transfer does not exist."


class ToYourself(Invalid):
    """Sender and recipient are one."""

    code = "wallets.to_yourself"
    message = "This is your own address. Write the recipient's."


class TransferNotConfirmed(NotAllowed):
    """Above the threshold the second factor is needed."""

    code = "wallets.transfer_not_confirmed"
    message = "Transfers of this size take a code of your second factor."


class ResetTooSoon(LimitReached):
    """Once a minute."""

    code = "wallets.reset_too_soon"
    message = "Play money was set anew a moment ago. Try again in {retry_after} s."


class PolicyInvalid(Invalid):
    """A figure of a policy cannot be right."""

    code = "wallets.policy_invalid"
    message = "{why}"


class NothingToChange(Conflict):
    """The value is what it was."""

    code = "wallets.nothing_to_change"
    message = "This is the present value already."


class ChangedSinceAsked(Conflict):
    """Between request and approval something about it changed."""

    code = "wallets.changed_since_asked"
    message = "This was changed after the request was made. Reject it and ask again."
