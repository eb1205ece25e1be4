"""Asking for a fresh second factor before money is rebalanced by schedule or results go to an address: page and API."""

from calendar import day_name
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from apps.platform.security.operations import Summary, require_recent_2fa
from apps.trading.exchanges.choices import Mode
from apps.trading.portfolios import queries
from apps.trading.portfolios.choices import Every
from apps.trading.portfolios.operations.scheduling import Rhythm, weights_of
from apps.trading.portfolios.operations.webhooks import check_webhook

ACTION = "portfolios.set_schedule"
WEBHOOK = "portfolios.set_webhook"


def confirm_schedule(request: HttpRequest, owner_id: UUID, portfolio_id: UUID, rhythm: Rhythm) -> bool:
    """Return whether a schedule is confirmed: True after its code was used up, False for play money.

    The code is for this rhythm and the portfolio's weights of the moment. Raises PortfolioMissing, StepUpRequired.
    """
    row = queries.get_portfolio(portfolio_id, owner_id)
    if row.mode != Mode.LIVE:
        return False
    weights = weights_of(row)
    most = "none" if rhythm.most_worth is None else f"{rhythm.most_worth.normalize():f}"
    day = "" if rhythm.day is None else f", day {rhythm.day}"
    if rhythm.every == Every.WEEK and rhythm.day is not None:
        day = f", {day_name[rhythm.day - 1]}"
    facts = [
        ("Portfolio", row.name),
        ("When", f"{rhythm.every.label}{day} at {rhythm.hour}:00"),
        ("Weights", ", ".join(f"{asset} {percent} %" for asset, percent in weights.items())),
        ("If off its target by", f"{rhythm.band.normalize():f} points"),
        ("Worth of a run at most", f"{most} {row.currency}"),
    ]
    payload = {
        "portfolio": str(row.pk), "every": rhythm.every.value, "day": rhythm.day, "hour": rhythm.hour,
        "band": f"{rhythm.band.normalize():f}", "most": most, "weights": weights,
    }  # fmt: skip
    back = reverse("portfolio-schedule", args=[row.pk])
    require_recent_2fa(request, ACTION, payload, summary=Summary("Rebalance real money by schedule", facts, back))
    return True


def confirm_webhook(request: HttpRequest, url: str) -> None:
    """Use up the code for sending results to exactly this address; one that cannot be called asks for none.

    Raises WebhookInvalid, AddressRefused, StepUpRequired.
    """
    check_webhook(url)
    facts = [("Address", url), ("Sent there", "The value and the day's result of each portfolio, every day")]
    back = f"{reverse('portfolio-webhook')}?{urlencode({'url': url})}"
    require_recent_2fa(request, WEBHOOK, {"url": url}, summary=Summary("Send your results to an address", facts, back))
