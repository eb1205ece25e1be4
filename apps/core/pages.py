"""How server-rendered pages show refusals, and how they stay thin."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from apps.core.errors import DomainError


class DomainErrorPages:
    """Turns a DomainError that a page did not catch into a message on the page it came from, or an error page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal: after a POST go back with a message, otherwise show the error page of its status."""
        if not isinstance(exception, DomainError) or _is_defect(exception):
            return None
        if request.method == "POST" and exception.http_status != 404:
            messages.error(request, exception.text, extra_tags=exception.code)
            return HttpResponseRedirect(came_from(request))
        return error_page(request, exception)


def _is_defect(error: DomainError) -> bool:
    return error.http_status >= 500 and not error.retryable


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page of a refusal with its status, its words and its code."""
    context = {"title": _titles.get(error.http_status, "This did not work"), "message": error.text, "code": error.code}
    return render(request, "layouts/error.html", context, status=error.http_status)


def came_from(request: HttpRequest) -> str:
    """Return the page of ours that a form was on, or the form's own address."""
    referrer = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(referrer, allowed_hosts={request.get_host()}):
        return referrer
    return request.path


_titles = {
    403: "Not allowed",
    404: "Not found",
    409: "This has changed",
    429: "Too many requests",
    503: "Not available",
}
