"""The page that shows the exact action and asks for a code."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.core.templatetags.ui import grouped
from apps.platform.authentication.access import customer_required
from apps.platform.authentication.queries import exists_factor
from apps.platform.configurations.queries import get_value
from apps.platform.security.operations import confirm_step_up
from apps.platform.security.pages.forms import CodeForm
from apps.platform.security.queries import get_step_up


@dataclass(frozen=True)
class Fact:
    """A label with a text."""

    label: str
    text: str
    figure: None = None


@dataclass(frozen=True)
class StepUpPage:
    """What step_up.html reads."""

    title: str
    text: str
    facts: list[Fact]
    payload_hash: str
    verb: str
    token: str
    return_url: str
    minutes: int
    set_up_url: str
    mode: str = ""


@never_cache
@require_http_methods(["GET", "POST"])
@customer_required
def step_up(request: HttpRequest, challenge_id: UUID) -> HttpResponseBase:
    """Show a challenge; confirm it by a code, then go back to where the action is done. Raises StepUpMissing."""
    user: Any = request.user
    row = get_step_up(request, challenge_id)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            confirm_step_up(
                actor=Actor.of(user), request=request, challenge_id=challenge_id, code=form.cleaned_data["code"]
            )
        except DomainError as refusal:
            form.add_error("code", refusal.text)
        else:
            return HttpResponseRedirect(row.return_url)
    tenant = getattr(request, "tenant", None)
    page = StepUpPage(
        title=row.title,
        text="Read this carefully: your code allows exactly this, once.",
        facts=[Fact(label, text) for label, text in row.facts],
        payload_hash=grouped(row.payload_hash[:8]),
        verb="Confirm",
        token=str(row.pk),
        return_url=row.return_url,
        minutes=get_value("security.step_up_minutes"),
        set_up_url="" if exists_factor(user.pk) else reverse("authentication-second-factor-setup"),
    )
    context = {
        "tenant_name": tenant.name if tenant is not None else "Platform console",
        "home_url": "/",
        "page": page,
        "form": form,
        "errors": form.non_field_errors(),
    }
    return render(request, "platform/authentication/step_up.html", context)
