"""What can be refused about exchanges."""

from apps.core.errors import Conflict, Defect, Invalid, LimitReached, NotAllowed, NotFound, Unavailable


class ConnectionMissing(NotFound):
    """No such connection of this customer."""

    code = "exchanges.connection_missing"
    message = "There is no such connection."


class AlreadyConnected(Conflict):
    """One connection for each customer and venue."""

    code = "exchanges.already_connected"
    message = "You are connected to {venue} already. Revoke that connection first."


class ConnectionNotActive(Conflict):
    """The connection is still being opened, or was revoked."""

    code = "exchanges.connection_not_active"
    message = "This connection is {state}, so it cannot be traded on."


class NotYourConnection(NotAllowed):
    """A customer connects exchanges for himself only."""

    code = "exchanges.not_your_connection"
    message = "You can connect exchanges for yourself only."


class VenueUnknown(Defect):
    """No venue of this code is set up in this process."""

    code = "exchanges.venue_unknown"
    message = "The exchange {venue} is not set up here."


class NoAccountOffered(Invalid):
    """The venue opens no accounts from here."""

    code = "exchanges.no_account_offered"
    message = "No account can be opened at “{venue}” from here."


class VenueUnavailable(Unavailable):
    """The exchange did not answer a question. For an order it means: nothing was sent."""

    code = "exchanges.venue_unavailable"
    message = "The exchange does not answer at the moment ({reason}). Nothing was sent; try again shortly."


class VenueRefused(Conflict):
    """The exchange answered a question with a refusal, such as a key that is no longer valid."""

    code = "exchanges.venue_refused"
    message = "The exchange refused: {reason}."


class ExchangeUnknown(Invalid):
    """No exchange of this id is spoken to."""

    code = "exchanges.exchange_unknown"
    message = "There is no exchange “{exchange}” here. Choose one of the list."


class CapabilityUnknown(Invalid):
    """The word names nothing an exchange could do."""

    code = "exchanges.capability_unknown"
    message = "“{capability}” is nothing we know of exchanges. Known are: {known}."


class CapabilityMissing(Invalid):
    """The exchange cannot do what was asked."""

    code = "exchanges.capability_missing"
    message = "{exchange} does not offer {capability}. Its page lists what it can do."


class BudgetSpent(LimitReached):
    """The exchange's request budget is used up for this kind of request; nothing was sent."""

    code = "exchanges.budget_spent"
    message = "The request budget of {venue} is used up for {seconds} s. Nothing was sent."


class LaneFrozen(LimitReached):
    """The exchange told this address to stop for a while; nothing was sent."""

    code = "exchanges.lane_frozen"
    message = "{venue} asked us to pause for {seconds} s. Nothing was sent."


class CircuitOpen(Unavailable):
    """The exchange failed repeatedly and gets a pause; nothing was sent."""

    code = "exchanges.circuit_open"
    message = "{venue} failed several times in a row, so requests pause for {seconds} s. Nothing was sent."


class MarketsNotKept(Invalid):
    """No answer of this exchange is kept here, so its markets need the network."""

    code = "exchanges.markets_not_kept"
    message = "The markets of {exchange} are read from the exchange itself; none are kept here."


class KeyIncomplete(Invalid):
    """A part of the key is missing."""

    code = "exchanges.key_incomplete"
    message = "{exchange} needs the {part} of the key too."


class KeyKnown(Conflict):
    """The customer has connected this very key already."""

    code = "exchanges.key_known"
    message = "This key of {venue} is connected already."


class SecondFactorNeeded(NotAllowed):
    """Keys of real exchanges are kept only for people with a second factor."""

    code = "exchanges.second_factor_needed"
    message = "Set up a second factor first: keys of a real exchange are only kept for accounts that have one."


class KeyMayWithdraw(Conflict):
    """The key could move funds away."""

    code = "exchanges.key_may_withdraw"
    message = (
        "This key may withdraw. We never keep such a key: switch withdrawals off at {venue} and enter a key that can "
        "read and trade only. The key was deleted here."
    )


class SecretWrong(Conflict):
    """The secret does not fit the key."""

    code = "exchanges.secret_wrong"
    message = (
        "{venue} knows this key, but the secret does not fit it. Copy both again, without spaces. "
        "The key was deleted here."
    )


class KeyNotAccepted(Conflict):
    """The exchange does not accept the key, from this address or at all."""

    code = "exchanges.key_not_accepted"
    message = (
        "{venue} does not accept this key from our address: it does not exist, was deleted there, or its list of "
        "addresses does not hold ours. {address} The key was deleted here."
    )


class KeyCannotRead(Conflict):
    """The key may not even read the account."""

    code = "exchanges.key_cannot_read"
    message = "This key may not read the account. Give it the right to read at {venue} and enter it again."


class AddressBanned(Unavailable):
    """The exchange does not answer this address for a while."""

    code = "exchanges.address_banned"
    message = (
        "{venue} has banned our address for {seconds} s because of too many requests. The key is tried again then."
    )


class ClockOff(Unavailable):
    """The exchange refuses our times."""

    code = "exchanges.clock_off"
    message = (
        "{venue} refuses the time of our requests: its clock and ours differ by {offset} s. The time is measured again "
        "and the key tried again by itself."
    )


class ExchangeSilent(Unavailable):
    """No answer while a key was tried."""

    code = "exchanges.exchange_silent"
    message = "{venue} does not answer at the moment. The key is tried again by itself."


class MaintenanceNotPossible(Invalid):
    """The times do not make a maintenance that is still to come or running."""

    code = "exchanges.maintenance_not_possible"
    message = "A maintenance ends after it begins, and in the future."
