"""Errors of the domain: leaf classes are sentences (`BotAlreadyRunning`) over seven bases; faces give them a form."""

from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that the caller can understand and, mostly, mend.

    `code` is stable ("orders.unknown_symbol"), `message` says what to do, `params` carry the facts, `field` names the
    input at fault when there is one.
    """

    http_status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    code: ClassVar[str] = "core.defect"
    message: ClassVar[str] = "Something went wrong on our side. Nothing was changed."

    def __init__(self, message: str | None = None, *, field: str | None = None, **params: Any) -> None:
        self.params = params
        self.field = field
        self.text = message or self.message.format_map(_Shown(params))
        super().__init__(self.text)


class _Shown(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


class Invalid(DomainError):
    """The input cannot be accepted as it is."""

    http_status = 422
    code = "core.invalid"
    message = "This value cannot be accepted."


class NotAllowed(DomainError):
    """The actor may not do this."""

    http_status = 403
    code = "core.not_allowed"
    message = "You do not have permission to do this."


class NotFound(DomainError):
    """Nothing of that name is visible to the actor."""

    http_status = 404
    code = "core.not_found"
    message = "Nothing was found under this address."


class Conflict(DomainError):
    """The thing is not in the state the actor saw."""

    http_status = 409
    code = "core.conflict"
    message = "This has changed since you opened it. Reload and try again."


class LimitReached(DomainError):
    """A limit or a rate is used up."""

    http_status = 429
    code = "core.limit_reached"
    message = "The limit is reached. Try again later."


class Unavailable(DomainError):
    """Something that is needed does not answer; trying again later is safe."""

    http_status = 503
    retryable = True
    code = "core.unavailable"
    message = "This is not available at the moment. Try again shortly; nothing was changed."


class Defect(DomainError):
    """The code or its configuration is wrong."""

    code = "core.defect"


class StateChanged(Conflict):
    """Compare-and-set found another state than the caller saw."""

    code = "core.state_changed"
    message = "This is no longer {expected}: it is {actual}. Reload and try again."


class IdempotencyKeyReused(Conflict):
    """The same key came with another request."""

    code = "core.idempotency_key_reused"
    message = "This Idempotency-Key was already used for a different request. Use a new key."


class IdempotencyKeyMissing(Invalid):
    """A write that moves money or orders came without a key."""

    code = "core.idempotency_key_missing"
    message = "This request needs an Idempotency-Key header (1 to 255 printable characters)."


class UnknownAsset(Invalid):
    """The registry of assets has no such code."""

    code = "core.unknown_asset"
    message = "{asset} is not an asset we know. Choose one of the list."


class InvalidAmount(Invalid):
    """The text is no amount of the asset that can be taken: the message says what to write."""

    code = "core.invalid_amount"
    message = "Write the amount in digits, for example 12.5."


class NoTenant(Defect):
    """Code that needs a tenant ran without one."""

    code = "core.no_tenant"
    message = "This work belongs to a tenant, and none was given."


class KeyRingMissing(Defect):
    """This process holds no key for the secret it was asked to open."""

    code = "core.key_ring_missing"
    message = "This process does not hold the key for this secret."
