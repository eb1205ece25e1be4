"""The pages of docs/ that are made from the code: every domain event, every refusal."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from importlib import import_module
from inspect import getdoc
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings

import kernel.events
from apps.core.errors import Defect, DomainError
from apps.core.outbox import handlers_of
from kernel.events import CATALOGUE, DomainEvent

NOTE = "<!-- Made by `python3 manage.py document`; `manage.py check` fails while it is stale. -->"
EVENTS = """# Events

Facts in the past tense, written into the outbox of a schema in the transaction that makes them true, and delivered to
each handler once. Name and version are stable: a changed shape is a new version. Fields are ids, amounts and states,
never personal text.
"""
CODE = re.compile(r"^    code(: ClassVar\[str\])? = \"", re.MULTILINE)
"""An error with a code of its own: its module is imported, so that the page is the same in every process."""
ERRORS = """# Errors

What the product refuses, by the stable `code` of the answer (`application/problem+json` in the API, a sentence on a
page). Words in {braces} are filled in. A refusal changes nothing. Only those marked “again” are worth repeating as they
are.
"""


def pages() -> dict[Path, str]:
    """Return the text of each made page by its path."""
    docs = Path(settings.BASE_DIR) / "docs"
    return {docs / "events.md": events_page(), docs / "errors.md": errors_page()}


def stale_pages() -> list[Path]:
    """Return the pages whose file is missing or says something else than the code."""
    return [path for path, text in pages().items() if not path.exists() or path.read_text() != text]


# --- events


def events_page() -> str:
    """Return docs/events.md: name, version, fields, publishers and handlers of every event."""
    parts = [NOTE, EVENTS]
    for name, cls in sorted(_events().items()):
        handlers = [key for key, function in sorted(handlers_of(name).items()) if _is_ours(function)]
        parts.append(
            f"## {name}\nVersion {cls.version}. {_sentences(cls)}\n\n"
            + "".join(f"- `{field.name}` {_type_name(field.type)}\n" for field in fields(cls))
            + f"\nPublished by {_listed(publishers().get(cls.__name__, []))}. Handled by {_listed(handlers)}.\n"
        )
    return "\n".join(parts)


def _events() -> dict[str, type[DomainEvent]]:
    for module in walk_packages(kernel.events.__path__, "kernel.events."):
        import_module(module.name)
    return {name: cls for name, cls in CATALOGUE.items() if cls.__module__.startswith("kernel.")}


@cache
def publishers() -> dict[str, list[str]]:
    """Return the labels of the apps that make each event, by the name of its class."""
    names = {cls.__name__ for cls in _events().values()}
    found: dict[str, set[str]] = defaultdict(set)
    for config, path in _sources():
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if "kernel.events" in text else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                found[node.func.id].add(config.label)
    return {name: sorted(labels) for name, labels in found.items()}


# --- errors


def errors_page() -> str:
    """Return docs/errors.md: code, status and words of every refusal, by the app that makes it."""
    by_app: dict[str, list[type[DomainError]]] = defaultdict(list)
    for cls in errors():
        by_app[cls.code.partition(".")[0]].append(cls)
    parts = [NOTE, ERRORS]
    for app, classes in sorted(by_app.items()):
        rows = [f"| `{cls.code}` | {_status(cls)} | {_cell(cls.message)} |" for cls in classes]
        parts.append("\n".join((f"## {app}", "| code | status | message |", "|---|---|---|", *rows, "")))
    return "\n".join(parts)


def errors() -> list[type[DomainError]]:
    """Return every error of the product that has a code of its own, by code. Two of one code are a Defect."""
    for config, path in _sources():
        if CODE.search(path.read_text()):
            parts = path.relative_to(config.path).with_suffix("").parts
            import_module(".".join((config.name, *parts)).removesuffix(".__init__"))
    found: dict[str, type[DomainError]] = {}
    for cls in _below(DomainError):
        if not cls.__module__.startswith("apps.") or "code" not in cls.__dict__:
            continue
        if found.setdefault(cls.code, cls) is not cls:
            raise Defect(f"{cls.__name__} and {found[cls.code].__name__} have one code: {cls.code}.")
    return [cls for _, cls in sorted(found.items())]


def _below(base: type[DomainError]) -> Iterator[type[DomainError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _below(cls)


def _status(cls: type[DomainError]) -> str:
    return f"{cls.http_status} again" if cls.retryable else str(cls.http_status)


# --- sources and words


def _sources() -> Iterator[tuple[AppConfig, Path]]:
    """Yield (app, file) of every module of ours."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            yield from ((config, path) for path in sorted(Path(config.path).rglob("*.py")))


def _is_ours(function: Any) -> bool:
    return str(function.__module__).startswith("apps.")


def _sentences(cls: type[Any]) -> str:
    return " ".join((getdoc(cls) or "").split())


def _type_name(kind: Any) -> str:
    return kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind)).replace("uuid.", "")


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names) if names else "nobody"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
