"""The study pages. Reading is in the modules beside, writing is operations; each POST ends in a redirect."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.actors import Actor
from apps.core.ids import uuid7
from apps.core.view import Page
from apps.platform.authentication.access import customer_required
from apps.trading.backtests import operations, study_queries
from apps.trading.backtests.choices import StudyState
from apps.trading.backtests.models import Study
from apps.trading.backtests.pages.forms import chosen_version, first_values
from apps.trading.backtests.pages.starting import start_once
from apps.trading.backtests.pages.study_forms import StudyForm
from apps.trading.backtests.pages.study_result import study_note, study_page, study_row, study_title
from apps.trading.backtests.pages.study_shown import StudiesPage, StudyFormPage, StudyRunPage
from apps.trading.instruments.queries import list_instruments
from apps.trading.strategies.queries import Version, list_latest_versions

PAGE_SIZE = 50


def _owner(request: HttpRequest) -> UUID:
    request.nav_active = "backtests"  # type: ignore[attr-defined]  # read by the frame
    owner_id: UUID = request.user.pk  # type: ignore[assignment]  # customer_required lets only people in
    return owner_id


@customer_required
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    """Show the newest studies."""
    found = list(study_queries.list_studies(_owner(request))[:PAGE_SIZE])
    page = StudiesPage(
        parent_url=reverse("backtests-list"),
        new_url=reverse("studies-new"),
        studies=[study_row(study) for study in found],
        page=Page("1 study" if len(found) == 1 else f"{len(found)} studies"),
    )
    return render(request, "trading/backtests/studies.html", {"page": page})


@customer_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Set up a study of a version (`?version=`; without one of the newest strategy)."""
    owner_id = _owner(request)
    given = request.POST if request.method == "POST" else request.GET
    chosen = chosen_version(owner_id, given.get("version", "")) or list_latest_versions(owner_id).first()
    if chosen is None:
        messages.info(request, "A study needs a strategy. Make one first.")
        return redirect("/strategies/")
    if request.method == "POST":
        return _start(request, owner_id, chosen)
    symbol = next((row.symbol for row in list_instruments()), "")
    form = StudyForm(initial=first_values(owner_id, chosen, symbol), owner_id=owner_id, chosen=chosen)
    return _show(request, form, chosen)


def _start(request: HttpRequest, owner_id: UUID, chosen: Version) -> HttpResponse:
    form = StudyForm(request.POST, owner_id=owner_id, chosen=chosen)
    if not form.is_valid():
        return _show(request, form, chosen)
    wanted = form.study()
    made = start_once(
        request,
        form,
        "backtests.start_study",
        lambda actor: operations.start_study(actor=actor, owner_id=owner_id, request=wanted),
    )
    return _show(request, form, chosen) if made is None else redirect("studies-detail", made)


def _show(request: HttpRequest, form: StudyForm, chosen: Version) -> HttpResponse:
    failed = form.is_bound and not form.is_valid()
    page = StudyFormPage(
        parent_url=reverse("studies-list"),
        action_url=reverse("studies-new"),
        strategy=f"{chosen.strategy.name}, version {chosen.number}",
        errors=[str(text) for text in form.non_field_errors()] if failed else [],
        idempotency_key=uuid7().hex,
        form=form,
        axes=form.axes(),
    )
    return render(request, "trading/backtests/study_form.html", {"page": page}, status=422 if failed else 200)


@customer_required
@require_GET
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show a study: what it came to, or how far it is."""
    found = study_queries.get_study(study_id, _owner(request))
    if found.state == StudyState.DONE:
        return render(request, "trading/backtests/study.html", {"page": study_page(found)})
    return render(request, "trading/backtests/study_running.html", {"page": _run_page(found)})


@customer_required
@require_GET
def progress(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Show how far a study is, alone; what no longer runs makes the page load again."""
    found = study_queries.get_study(study_id, _owner(request))
    response = render(request, "trading/backtests/_study_progress.html", {"page": _run_page(found)})
    if found.state != StudyState.RUNNING:
        response["HX-Refresh"] = "true"
    return response


def _run_page(found: Study) -> StudyRunPage:
    address = reverse("studies-detail", args=[found.pk])
    done = found.trials_total and found.trials_done == found.trials_total
    return StudyRunPage(
        title=study_title(found),
        note=study_note(found),
        parent_url=reverse("studies-list"),
        cancel_url=f"{address}cancel/",
        pause_url=f"{address}pause/",
        resume_url=f"{address}resume/",
        progress_url=f"{address}progress/",
        percent=100 * found.trials_done // found.trials_total if found.trials_total else 0,
        sentence="Coming to the verdict" if done else f"{found.trials_done:,} of {found.trials_total:,} trials",
        state=found.state,
        reason=found.error_message,
        code=found.error_code,
        repeat_url=f"{reverse('studies-new')}?version={found.version_id}",
    )


def _change(request: HttpRequest, study_id: UUID, verb: Callable[..., Study], words: str) -> HttpResponse:
    verb(actor=Actor.of(request.user), owner_id=_owner(request), study_id=study_id)
    messages.success(request, words)
    return redirect("studies-detail", study_id)


@customer_required
@require_POST
def pause(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Pause a study."""
    return _change(request, study_id, operations.pause_study, "The study is paused. What is done is kept.")


@customer_required
@require_POST
def resume(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Go on with a study."""
    return _change(request, study_id, operations.resume_study, "The study goes on.")


@customer_required
@require_POST
def cancel(request: HttpRequest, study_id: UUID) -> HttpResponse:
    """Call a study off."""
    return _change(request, study_id, operations.cancel_study, "The study is cancelled.")
