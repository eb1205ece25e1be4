"""Reading the sandbox: how it is reached, where its market stands, whose account is whose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from apps.core.clock import to_ms
from apps.core.context import current_tenant_schema
from apps.platform.tenants.queries import get_tenant_by_schema
from apps.trading.sandbox.client import (
    MarketPosition,
    SandboxControl,
    SandboxRefusedError,
    SandboxUnavailableError,
    ccxt_urls,
)
from apps.trading.sandbox.errors import AccountMissing, NoSuchPaperAccount, SandboxAway
from apps.trading.sandbox.models import SandboxAccount

START_FUNDS = {"USDT": Decimal(50_000)}
"""What a new paper account holds."""
DEFAULT_START = datetime(2024, 6, 1, tzinfo=UTC)


def ccxt_settings() -> dict[str, Any]:
    """Return ccxt's constructor settings for the sandbox exchange of this installation."""
    return ccxt_urls(settings.SANDBOX_URL.rstrip("/"))


def control() -> SandboxControl:
    """Return a client of the exchange's control port."""
    address = urlsplit(settings.SANDBOX_CONTROL_URL)
    return SandboxControl(address.hostname or "127.0.0.1", address.port or 80, settings.SANDBOX_CONTROL_TOKEN)


def replay_start_ms() -> int:
    """Return the market time, in Unix ms, at which a fresh exchange begins (SANDBOX_START); imports stop there."""
    start = getattr(settings, "SANDBOX_START", DEFAULT_START)
    return to_ms(datetime.fromisoformat(start) if isinstance(start, str) else start)


def get_market_position() -> MarketPosition:
    """Return where the replay stands (market time, running, speed), or raise SandboxAway."""
    try:
        status = control().status()
    except (SandboxUnavailableError, SandboxRefusedError) as error:
        raise SandboxAway from error
    return _position(status)


def _position(status: Mapping[str, Any]) -> MarketPosition:
    return MarketPosition(
        market_time=status["market_time"],
        last_closed_bar=status["last_closed_bar"],
        running=status["running"],
        standing=status["standing"],
        speed=status["speed"],
        prices={symbol: Decimal(price) for symbol, price in status["prices"].items()},
    )


def get_account(connection_id: UUID) -> SandboxAccount:
    """Return the paper account of a connection of this tenant, or raise AccountMissing.

    The registry stands in public, so the schema keeps nobody's accounts apart: the tenant is part of the question.
    """
    tenant = get_tenant_by_schema(current_tenant_schema())
    found = SandboxAccount.objects.filter(tenant_id=tenant.id, connection_id=connection_id).first()
    if found is None:
        raise AccountMissing
    return found


def list_accounts(tenant_id: UUID) -> list[SandboxAccount]:
    """Return the paper accounts of a tenant, oldest first (reconciliation)."""
    return list(SandboxAccount.objects.filter(tenant_id=tenant_id).order_by("id"))


@dataclass(frozen=True)
class ExchangeFacts:
    """What the exchange says of itself; nothing about single persons."""

    position: MarketPosition
    statuses: Mapping[str, str]  # by symbol: TRADING or BREAK
    accounts: int
    keys: int
    open_orders: int
    counters: Mapping[str, int]
    rates: Mapping[str, float]  # a second, over the last ten
    subscriptions: Mapping[str, int]
    maintenance: bool
    faults: list[dict[str, Any]]


def get_exchange_facts() -> ExchangeFacts:
    """Return where the exchange stands, with its active faults, or raise SandboxAway."""
    try:
        status, faults = control().status(), control().faults()
    except (SandboxUnavailableError, SandboxRefusedError) as error:
        raise SandboxAway from error
    names = dict(SandboxAccount.objects.exclude(key_name="").values_list("key_name", "account_id"))
    return ExchangeFacts(
        position=_position(status),
        statuses=status["statuses"],
        accounts=status["accounts"],
        keys=status["keys"],
        open_orders=status["open_orders"],
        counters=status["counters"],
        rates=status["rates"],
        subscriptions=status["subscriptions"],
        maintenance=status["maintenance"],
        faults=[
            {**rule, "account": names.get(rule["api_key"], "another key") if rule["api_key"] else ""} for rule in faults
        ],
    )


def get_key_name(account_id: str) -> str:
    """Return the name of the key of a paper account's number, or raise NoSuchPaperAccount (any tenant's: public)."""
    found = SandboxAccount.objects.filter(account_id=account_id).exclude(key_name="").first()
    if found is None:
        raise NoSuchPaperAccount(field="account", account=account_id)
    return found.key_name
