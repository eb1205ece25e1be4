"""What can be refused about users."""

from apps.core.errors import Conflict, NotFound


class AddressTaken(Conflict):
    """One account per address."""

    code = "users.address_taken"
    message = "There is already an account with this e-mail address."


class UserMissing(NotFound):
    """No such account here."""

    code = "users.missing"
    message = "There is no such account."
