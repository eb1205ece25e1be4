"""/bots/: the list, a new bot, one bot with its controls, its log, stopping all."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.errors import DomainError, Invalid
from apps.core.form_writes import do_once, form_key
from apps.core.ids import uuid7
from apps.core.pages import came_from
from apps.platform.authentication.access import customer_required
from apps.trading.bots import operations
from apps.trading.bots.pages.context import bot_page, bots_page, form_page, log_page
from apps.trading.bots.pages.forms import BotForm

ACTIONS: dict[str, tuple[Callable[..., object], str]] = {
    "start": (operations.start_bot, "The bot starts. It decides for the first time when the next candle closes."),
    "pause": (operations.pause_bot, "The bot is paused. Its position stays."),
    "resume": (operations.resume_bot, "The bot goes on."),
    "stop": (operations.stop_bot, "The bot stops and takes its open orders back. Its position stays."),
    "stop-and-sell": (operations.stop_bot, "The bot stops, takes its open orders back and sells its position."),
    "archive": (operations.archive_bot, "The bot is put away."),
}


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "bots"  # type: ignore[attr-defined]  # read by the shell
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def bots(request: HttpRequest) -> HttpResponse:
    """Show the list."""
    return render(request, "trading/bots/list.html", {"page": bots_page(_owner(request))})


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a POST makes the bot and starts it on paper."""
    owner_id = _owner(request)
    if request.method == "GET":
        first = {"strategy": request.GET.get("version", ""), "symbol": request.GET.get("symbol", "")}
        form = BotForm(owner_id=owner_id, initial={**first, "capital": "1000", "name": "New bot"})
        return render(request, "trading/bots/form.html", {"page": form_page(form, [], uuid7().hex)})
    form = BotForm(request.POST, owner_id=owner_id)
    errors: list[str] = []
    if form.is_valid():
        try:
            return redirect("bots-detail", _create(request, form, owner_id))
        except DomainError as refusal:
            errors = [refusal.text]
    page = form_page(form, errors or ["Some values cannot be accepted."], form_key(request))
    return render(request, "trading/bots/form.html", {"page": page}, status=422)


def _create(request: HttpRequest, form: BotForm, owner_id: UUID) -> UUID:
    def act(actor: Actor) -> UUID:
        made = operations.create_bot(actor=actor, owner_id=owner_id, wish=form.wish())
        operations.start_bot(actor=actor, bot_id=made.pk)
        return made.pk

    made = do_once(request, "bots.create_bot", form.cleaned_data, act)
    messages.success(request, "The bot starts. It decides for the first time when the next candle closes.")
    return UUID(made)


@customer_required
@require_GET
def bot(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    """Show one bot."""
    return render(request, "trading/bots/detail.html", {"page": bot_page(_owner(request), bot_id)})


@customer_required
@require_GET
def log(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    """Show a bot's log."""
    return render(request, "trading/bots/log.html", {"page": log_page(_owner(request), bot_id)})


@customer_required
@require_POST
def control(request: HttpRequest, bot_id: UUID) -> HttpResponseRedirect:
    """Start, pause, resume, stop, stop and sell, archive; the same key is the same press."""
    action = request.POST.get("action", "")
    if action not in ACTIONS:
        raise Invalid("There is no such button.", field="action")
    function, words = ACTIONS[action]
    more = {"flatten": True} if action == "stop-and-sell" else {}

    def act(actor: Actor) -> None:
        function(actor=actor, bot_id=bot_id, **more)

    do_once(request, "bots.control", {"bot": bot_id, "action": action}, act)
    messages.success(request, words)
    return redirect("bots-detail", bot_id)


@customer_required
@require_POST
def stop_all(request: HttpRequest) -> HttpResponseRedirect:
    """Stop all bots of the customer."""
    count = operations.stop_all_bots(actor=Actor.of(request.user), owner_id=_owner(request))
    messages.success(request, f"{count} bots stop and take their open orders back. Positions stay.")
    return HttpResponseRedirect(came_from(request))
