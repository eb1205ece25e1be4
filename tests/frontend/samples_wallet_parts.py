"""What the samples of the wallet share: their frame, figures, and the form of an amount."""

from typing import Any

from apps.core.view import Choice, Figure
from tests.frontend.samples_shell import shell, text_field

KEY = "018f-sample-key"
TABS = (("Overview", ""), ("Activity", "activity/"), ("Goals", "goals/"), ("Earn", "earn/"), ("Stake", "stake/"))


def context(page: dict[str, Any], *, tab: str = "", mode: str = "live") -> dict[str, Any]:
    frame = {
        "tabs": [Choice(label, f"/wallet/{path}", label == tab) for label, path in TABS],
        "mode": mode,
        "modes": [Choice(one.capitalize(), f"/wallet/?mode={one}", one == mode) for one in ("live", "paper")],
    }
    return {"shell": shell("wallet", mode=mode), "frame": frame, "page": {"mode": mode, **page}}


def figure(text: str, tone: str = "plain") -> Figure:
    return Figure(text, tone)


class AmountForm(dict[str, Any]):
    """The part of a form that the pages read."""


def amount_form(
    name: str = "amount", *, errors: list[str] | None = None, whole: list[str] | None = None, prefix: str = ""
) -> dict[str, Any]:
    return AmountForm(
        amount=text_field(f"{prefix}{name}", "Amount", value="250", errors=errors or []), non_field_errors=whole or []
    )
