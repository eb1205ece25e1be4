"""One door between apps, and Django's foreign keys along the layers."""

import re
from typing import Any

from django.apps import apps
from django.conf import settings

from apps.core.placement import Placement
from apps.core.router import placement_of
from tests.architecture.source import ROOT, product

DOORS = {"operations", "queries", "errors", "choices"}
APP = re.compile(r"^apps\.(?P<domain>[a-z]+)\.(?P<app>[a-z_0-9]+)(?:\.(?P<door>[a-z_0-9]+))?")
FACES = ("pages", "api", "admin", "consumers", "tasks", "handlers")
MAY_ENQUEUE = {("handlers", "tasks")}
ORDER = [name.rpartition(".")[2] for name in settings.OUR_APPS]
"""INSTALLED_APPS lists our apps bottom first, in the order of the layers."""


def _app(module: str) -> tuple[str, str, str | None] | None:
    found = APP.match(module)
    if found is None or found["domain"] == "core":
        return None
    return found["domain"], found["app"], found["door"]


def test_apps_use_only_the_doors_of_other_apps() -> None:
    wrong = []
    for source in product():
        own = _app(source.module)
        if own is None:
            continue
        for name, line in source.imports():
            other = _app(name)
            if other is not None and other[:2] != own[:2] and other[2] not in DOORS | OPEN_FACES.get(other[1], set()):
                wrong.append(f"{source.path}:{line} imports {name}")
    assert not wrong


OPEN_FACES = {
    # Faces of higher apps guard themselves with these.
    "authentication": {"access", "api"},
    "rate_limiting": {"api"},
    "security": {"access"},
    "sandbox": {"client"},
}


def test_faces_know_nothing_of_each_other() -> None:
    wrong = []
    for source in product():
        own = _app(source.module)
        if own is None or own[2] not in FACES:
            continue
        for name, line in source.imports():
            other = _app(name)
            if other is None or other[:2] != own[:2] or (own[2], other[2]) in MAY_ENQUEUE:
                continue
            if other[2] in FACES and other[2] != own[2]:
                wrong.append(f"{source.path}:{line} imports {name}")
    assert not wrong


def test_foreign_keys_point_downwards_and_never_from_public_to_a_tenant() -> None:
    wrong = []
    for model in apps.get_models():
        own = placement_of(model)
        if own is None:
            continue
        for field in model._meta.get_fields():
            target: Any = getattr(field, "related_model", None)
            if not getattr(field, "many_to_one", False) or target is None or isinstance(target, str):
                continue
            there = placement_of(target)
            label, other = model._meta.app_label, target._meta.app_label
            if own is Placement.PUBLIC and there in (Placement.TENANT, Placement.BOTH):
                wrong.append(f"{model.__name__}.{field.name}: public → {there}")
            if label in ORDER and other in ORDER and ORDER.index(other) > ORDER.index(label):
                wrong.append(f"{model.__name__}.{field.name}: {label} → {other} points upwards")
    assert not wrong


def test_documented_words_lead_to_apps() -> None:
    text = (ROOT / "docs" / "modules.md").read_text()
    rows = re.findall(r"^\| (?P<word>[^|]+) \| `(?P<app>[a-z_.]+)` \| (?P<state>built|planned) \|$", text, re.MULTILINE)
    assert len(rows) >= 40
    built = {app for _, app, state in rows if state == "built"}
    planned = {app for _, app, state in rows if state == "planned"}
    present = {name.removeprefix("apps.") for name in settings.OUR_APPS}
    assert built == present - {"core", "trading.sandbox"} | {"trading.sandbox"} & built
    assert not planned & present
