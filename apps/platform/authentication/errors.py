"""What can be refused about proofs of identity."""

from apps.core.errors import Invalid, NotAllowed, NotFound


class WrongCode(Invalid):
    """The second factor's code did not match, or was used already."""

    code = "authentication.wrong_code"
    message = "That code is not right, or it was used already. Wait for the next one."


class WrongPassword(Invalid):
    """The current password did not match."""

    code = "authentication.wrong_password"
    message = "The current password is not right."


class SecondFactorMissing(NotAllowed):
    """The account has no second factor."""

    code = "authentication.second_factor_missing"
    message = "This needs a second factor. Set one up under Account and security."


class SecondFactorStale(NotAllowed):
    """The second factor was not proved lately in this session."""

    code = "authentication.second_factor_stale"
    message = "Enter a code of your second factor first."


class SecondFactorOn(Invalid):
    """There is one already."""

    code = "authentication.second_factor_on"
    message = "A second factor is on already."


class KeyMissing(NotFound):
    """No such API key of this person."""

    code = "authentication.key_missing"
    message = "There is no such API key."


class SessionMissing(NotFound):
    """No such session of this person."""

    code = "authentication.session_missing"
    message = "There is no such session."


class BadScope(Invalid):
    """A scope that does not exist, or that no key may have."""

    code = "authentication.bad_scope"
    message = "A key cannot have the scope “{scope}”."


class BadNetwork(Invalid):
    """Not an address or a network."""

    code = "authentication.bad_network"
    message = "“{cidr}” is not a network such as 203.0.113.0/24."


class KeysCannotDoThis(NotAllowed):
    """Keys of programs never manage credentials."""

    code = "authentication.keys_cannot"
    message = "An API key cannot manage credentials. Sign in for this."


class SignupClosed(NotAllowed):
    """Strangers cannot make accounts here."""

    code = "authentication.signup_closed"
    message = "New accounts cannot be created here. Ask the organisation for an invitation."


class AccountClosed(NotAllowed):
    """The account was closed; said only to who knows its password."""

    code = "authentication.account_closed"
    message = "This account is closed. Ask the organisation if you think that is a mistake."
