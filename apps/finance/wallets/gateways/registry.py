"""Which provider holds the money of which mode. Play money is always the sandbox's; real money only in development."""

from collections.abc import Callable

from django.conf import settings

from apps.core.errors import Defect, Unavailable
from apps.finance.ledger.choices import Mode
from apps.finance.wallets.choices import SANDBOX
from apps.finance.wallets.gateways.port import CustodyProvider
from apps.finance.wallets.gateways.sandbox import SandboxCustody

_registered: dict[str, CustodyProvider] = {}


class NoProvider(Unavailable):
    """No provider holds real money for this organisation."""

    code = "wallets.no_provider"
    message = "Deposits and withdrawals of real money are not set up here. Nothing was changed."


def register_provider(provider: CustodyProvider) -> Callable[[], None]:
    """Have real money held by `provider`, from the start of the process; returns what takes it out again.

    One provider at a time holds new money; what was begun with another is finished with that one (`provider_named`).
    Raises Defect for a second one of the same name and for one that calls itself the sandbox.
    """
    if provider.name == SANDBOX or _registered.get(provider.name, provider) is not provider:
        raise Defect(f"Custody provider {provider.name} is registered twice.")
    _registered[provider.name] = provider

    def withdraw() -> None:
        _registered.pop(provider.name, None)

    return withdraw


def provider_for(mode: Mode) -> str:
    """Return the name of the provider of new deposits and withdrawals. Raises NoProvider."""
    if mode == Mode.PAPER:
        return SANDBOX
    newest = next(reversed(_registered), None)
    if newest is not None:
        return newest
    if settings.DEVELOPMENT:
        return SANDBOX
    raise NoProvider


def provider_named(name: str) -> CustodyProvider:
    """Return a provider by the name on a row. Raises NoProvider when this process does not know it."""
    if name == SANDBOX:
        return SandboxCustody()
    if name not in _registered:
        raise NoProvider
    return _registered[name]
