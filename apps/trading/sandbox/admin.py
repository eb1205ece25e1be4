"""The sandbox at the platform's console: accounts of all tenants, and where the replay stands."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse

from apps.core.clock import from_ms
from apps.core.desk import Desk, DeskAdmin, desk_admin
from apps.trading.sandbox.errors import SandboxAway
from apps.trading.sandbox.models import SandboxAccount
from apps.trading.sandbox.queries import get_market_position


@desk_admin(SandboxAccount, site="console")
class SandboxAccountAdmin(DeskAdmin):
    """Paper accounts by tenant and connection."""

    desk = Desk.TRADING
    list_display: ClassVar = ["account_id", "tenant_id", "connection_id", "created_at"]
    exclude: ClassVar = ["key_name"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the market's position above the list."""
        return super().changelist_view(
            request, {**(extra_context or {}), "title": f"Sandbox accounts · {position_in_words()}"}
        )


def position_in_words() -> str:
    """Return where the replay stands, such as "market at 2024-06-01 12:05, running at 60×"."""
    try:
        position = get_market_position()
    except SandboxAway:
        return "the exchange does not answer"
    pace = f"running at {position.speed:g}×" if position.running else "standing"
    return f"market at {from_ms(position.market_time):%Y-%m-%d %H:%M}, {pace}"
