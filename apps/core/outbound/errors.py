"""What can go wrong on the way out. The texts name no address of ours."""

from apps.core.errors import Invalid, Unavailable


class AddressRefused(Invalid):
    """The address is not one we may call: its form, scheme or port is wrong, or it is not on the public internet."""

    code = "core.address_refused"
    message = "This address cannot be used: {why}."


class HostNotFound(Unavailable):
    """The name has no address."""

    code = "core.host_not_found"
    message = "No server was found under the name {host}. Check the address."


class HostUnreachable(Unavailable):
    """Nobody answered, or the certificate is not right."""

    code = "core.host_unreachable"
    message = "{host} could not be reached: {why}."


class ReplyTooLarge(Unavailable):
    """The answer is longer than the caller takes."""

    code = "core.reply_too_large"
    message = "{host} sent more than {most} bytes. The answer was thrown away."


class ReplyTooSlow(Unavailable):
    """The answer was not complete in time."""

    code = "core.reply_too_slow"
    message = "{host} did not answer within {seconds} seconds."


class ReplyUnreadable(Unavailable):
    """What came is no answer in the protocol that was asked for."""

    code = "core.reply_unreadable"
    message = "{host} sent an answer that cannot be read: {why}."
