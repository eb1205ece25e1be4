"""How pages ask for a second proof."""

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from apps.platform.security.errors import StepUpRequired

View = Callable[..., HttpResponseBase]


def asks_for_step_up(view: View) -> View:
    """Let a page's view call `require_recent_2fa`: an unconfirmed action leads to the page that asks for the code.

    After the code the person comes back to the summary's `return_url` and sends the same form again.
    """

    @functools.wraps(view)
    def asking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except StepUpRequired as asked:
            return HttpResponseRedirect(asked.params["url"])

    return asking
