"""Reading the sandbox: how it is reached, where its market stands, whose account is whose."""

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
from apps.trading.sandbox.errors import AccountMissing, SandboxAway
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
