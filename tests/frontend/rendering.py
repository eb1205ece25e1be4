"""Renders product templates with Django's engine alone: no settings, no database, no installed app."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
NONCE = "sample-nonce"


class _Said(str):
    """What an unknown variable prints. Empty for `if`, so an optional input of a partial may be left out."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False


class _Unknown(str):
    """Engine.string_if_invalid: prints the variable's name instead of nothing."""

    __slots__ = ()

    def __mod__(self, variable: object) -> str:
        return _Said(f"!!unknown {variable}!!")


@lru_cache(maxsize=1)
def engine() -> Engine:
    """An engine over templates/ in which a variable the context lacks shows itself; each template is parsed once."""
    return Engine(
        dirs=[str(TEMPLATES)],
        libraries={"static": "tests.frontend.static_tag"},
        builtins=["tests.frontend.static_tag"],
        string_if_invalid=_Unknown("!!unknown %s!!"),
    )


def render(template: str, context: dict[str, Any], *, theme: str = "") -> str:
    """The page as HTML; `theme` is "dark", "light" or "" for the system's."""
    request = {"path": "/sample/", "csp_nonce": NONCE, "COOKIES": {"theme": theme, "updown": ""}}
    common = {"LANGUAGE_CODE": "en", "LANGUAGE_BIDI": False, "messages": [], "csrf_token": "sample-csrf"}
    return str(engine().get_template(template).render(Context({**common, "request": request, **context})))
