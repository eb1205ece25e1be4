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
