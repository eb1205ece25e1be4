"""Which table is made in which schema: our own models say it themselves, library apps are listed in settings."""

from typing import Any

from django.apps import apps
from django.db import connections
from django_tenants.routers import TenantSyncRouter

from apps.core.context import PUBLIC
from apps.core.placement import Placement


class PlacementRouter(TenantSyncRouter):  # type: ignore[misc]  # the library ships no types
    """Obeys `placement` on our models and SHARED_APPS / TENANT_APPS for the rest."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        """Return whether the table belongs to the schema the connection stands in."""
        model = hints.get("model")
        if model is None and model_name is not None:
            model = apps.all_models.get(app_label, {}).get(model_name.lower())
        placement = placement_of(model)
        if placement is None:
            answer: bool | None = super().allow_migrate(db, app_label, model_name, **hints)
            return answer
        current: Any = connections[db]
        in_public = current.schema_name == PUBLIC
        return placement is Placement.BOTH or (placement is Placement.PUBLIC) == in_public


def placement_of(model: Any) -> Placement | None:
    """Return where a model's table lives; a through table lives with the model that made it; None for libraries."""
    if model is None:
        return None
    if model._meta.auto_created:
        return placement_of(model._meta.auto_created)
    current = apps.all_models.get(model._meta.app_label, {}).get(model._meta.model_name, model)
    return getattr(current, "placement", None)
