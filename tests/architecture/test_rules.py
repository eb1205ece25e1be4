"""House rules that a reader would otherwise have to remember."""

import ast
import re
import tomllib
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import models

from apps.core.models.base import category_of
from apps.core.placement import Placement
from apps.core.router import placement_of
from tests.architecture.source import ROOT, Source, product

CLOCKS = {
    "time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "date.today", "datetime.today", "timezone.now",
}  # fmt: skip
CLOCK_READERS = (
    "apps/core/clock.py",
    "apps/core/ids.py",
    "apps/trading/sandbox/exchange/",
    "config/runtime/",
    "manage.py",
)
"""The clock, the key generator, and processes outside Django, which have one clock object of their own."""
FLOAT_HOMES = (
    "kernel/indicators/", "kernel/lab/", "kernel/microstructure/", "kernel/quality/", "kernel/risk/", "kernel/rules/",
    "kernel/simulation/",
    "kernel/strategy/",
    "apps/core/", "apps/platform/rate_limiting/", "apps/trading/backtests/", "apps/trading/sandbox/exchange/",
    "config/",
)  # fmt: skip
"""Numeric kernels and seconds; amounts never pass through them."""
CARD = {
    "django": "django", "djangorestframework": "rest_framework", "channels": "channels",
    "channels-redis": "channels_redis", "django-allauth": "allauth", "django-otp": "django_otp",
    "django-tenants": "django_tenants", "dj-stripe": "djstripe", "celery": "celery", "ccxt": "ccxt",
    "django-ratelimit": "django_ratelimit",
}  # fmt: skip
ARRIVES_LATER = {"dj-stripe"}
"""In use with billing; a core dependency from the start."""


def _calls(source: Source) -> list[tuple[str, int]]:
    return [
        (ast.unparse(node.func), node.lineno)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    ]


def test_only_the_clock_reads_the_clock() -> None:
    wrong = [
        f"{source.path}:{line} {name}"
        for source in product()
        if not source.path.startswith(CLOCK_READERS)
        for name, line in _calls(source)
        if any(name == clock or name.endswith(f".{clock}") for clock in CLOCKS)
    ]
    assert not wrong


def test_money_is_never_a_float() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in product()
        if not source.path.startswith(FLOAT_HOMES)
        for name, line in _calls(source)
        if name == "float"
    ]
    wrong += [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if placement_of(model) is not None
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
    ]
    assert not wrong


def test_every_field_of_ours_has_a_data_category() -> None:
    missing = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if placement_of(model) is not None
        for field in model._meta.concrete_fields
        if category_of(model, field) is None
    ]
    assert not missing


def test_our_models_choose_their_own_keys() -> None:
    wrong = [
        model._meta.label
        for model in apps.get_models()
        if placement_of(model) is not None
        and not model._meta.auto_created
        and not isinstance(model._meta.pk, models.UUIDField | models.BigAutoField)
    ]
    assert not wrong
    generic = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.PositiveIntegerField) and field.name == "object_id"
    ]
    assert not generic


def test_every_registered_admin_is_a_desk_class() -> None:
    from apps.core.desk import DeskAdmin, _registered

    import_module("config.admin")
    assert _registered
    wrong = [
        cls.__name__
        for _model, cls, _site in _registered
        if not issubclass(cls, DeskAdmin) or "save_model" in cls.__dict__ or not hasattr(cls, "desk")
    ]
    assert not wrong


def test_the_design_card_is_core_and_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.split(r"[\[~=<>]", item)[0].lower() for item in project["dependencies"]}
    assert CARD.keys() <= named
    text = "\n".join(source.text for source in product())
    unused = [
        package
        for package, module in CARD.items()
        if package not in ARRIVES_LATER and not re.search(rf"""(^|["'\s]){module}[."'\s]""", text, re.MULTILINE)
    ]
    assert not unused
    for module in CARD.values():
        assert import_module(module.partition(".")[0]) or module == "djstripe"


def test_enum_members_say_what_they_mean() -> None:
    silent: list[str] = []
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and any(
                "Enum" in ast.unparse(b) or "Choices" in ast.unparse(b) for b in node.bases
            ):
                silent += [
                    f"{source.path}:{line} {node.name}" for line in _undocumented(node, source.text.splitlines())
                ]
    assert not silent


def _undocumented(node: ast.ClassDef, text: list[str]) -> list[int]:
    """Return the lines of members with neither a text below nor a comment behind them."""
    lines = []
    for position, item in enumerate(node.body):
        if not isinstance(item, ast.Assign) or "  # " in text[item.lineno - 1]:
            continue
        following = node.body[position + 1] if position + 1 < len(node.body) else None
        if not (isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)):
            lines.append(item.lineno)
    return lines


def test_public_functions_have_a_docstring() -> None:
    silent = [
        f"{source.path}:{node.lineno} {node.name}"
        for source in product()
        for node in source.tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is None
    ]
    assert not silent


@pytest.mark.parametrize(
    "pattern", [r"\bTODO\b", r"\bFIXME\b", r"\bXXX\b", r"NotImplementedError", r"pragma: no cover"]
)
def test_nothing_is_left_unfinished(pattern: str) -> None:
    assert not [source.path for source in product() if re.search(pattern, source.text)]


def test_signing_goes_through_one_module() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in product()
        for name, line in source.imports()
        if name.startswith("django.core.signing") and source.path != "apps/core/signing.py"
    ]
    assert not wrong


def test_bare_database_hops_are_banned() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in product()
        for name, line in source.imports()
        if name in ("channels.db.database_sync_to_async", "asgiref.sync.sync_to_async")
        and source.path != "apps/core/context.py"
    ]
    assert not wrong


@pytest.mark.django_db
def test_tables_stand_where_their_models_say() -> None:
    from django.db import connection

    from apps.core.context import PUBLIC, in_schema

    here: Any = set(connection.introspection.table_names())
    with in_schema(PUBLIC):
        public = set(connection.introspection.table_names())
    wrong = []
    for model in apps.get_models(include_auto_created=True):
        placement = placement_of(model)
        if placement is None or not model._meta.managed:
            continue
        table = model._meta.db_table
        expected = (placement in (Placement.PUBLIC, Placement.BOTH), placement in (Placement.TENANT, Placement.BOTH))
        if (table in public, table in here) != expected:
            wrong.append(f"{table}: {placement}, found public={table in public} tenant={table in here}")
    assert not wrong
