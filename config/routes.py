"""Collects the addresses of all apps: each app with pages/urls.py or api/urls.py is found by its place in the tree."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

IDENTITY_APPS = ("apps.platform.authentication", "apps.platform.security")


def page_patterns() -> list[Any]:
    """Return the customer pages of all apps."""
    return _collect("pages", settings.OUR_APPS)


def identity_patterns() -> list[Any]:
    """Return the pages that the platform's console needs too: log-in, second factor, step-up."""
    return _collect("pages", [app for app in settings.OUR_APPS if app in IDENTITY_APPS])


def api_patterns() -> list[Any]:
    """Return the endpoints of all apps, the OpenAPI document and its reader."""
    return [
        path("openapi.json", SpectacularAPIView.as_view(), name="openapi"),
        path(
            "docs/",
            SpectacularSwaggerView.as_view(url_name="openapi"),
            name="api-docs",
        ),
        *_collect("api", settings.OUR_APPS),
    ]


def _collect(face: str, apps: list[str]) -> list[Any]:
    found = []
    for app in apps:
        module = f"{app}.{face}.urls"
        if (settings.BASE_DIR / module.replace(".", "/")).with_suffix(".py").exists():
            found.append(path("", include(import_module(module).urlpatterns)))
    return found
