"""Error pages of last resort; under /api/ they are problems."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from apps.core.api.problems import problem_page
from apps.core.context import current_request_id

TEXTS = {
    400: ("core.bad_request", "This request could not be read."),
    403: ("core.not_allowed", "You do not have permission to do this."),
    404: ("core.not_found", "Nothing was found under this address."),
    500: (
        "core.defect",
        "Something went wrong on our side. Nothing you sent is lost; try again or tell us the code below.",
    ),
}


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    return _answer(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    return _answer(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    return _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500."""
    return _answer(request, 500)


def _answer(request: HttpRequest, status: int) -> HttpResponse:
    code, text = TEXTS[status]
    if request.path.startswith("/api/"):
        return problem_page(status, code, text)
    context = {"message": text, "code": code, "request_id": current_request_id()}
    return HttpResponse(render_to_string(f"{status}.html", context), status=status)
