"""What can be refused about exchanges."""

from apps.core.errors import Conflict, Defect, Invalid, NotAllowed, NotFound, Unavailable


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
