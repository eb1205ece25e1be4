"""Limits: tiers of customers, what they may move, and what staff look at first."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    """Guards what was used up, and registers seeds, handlers, the first screening and the page."""

    name = "apps.compliance.limits"
    label = "limits"

    def ready(self) -> None:
        """Connect the app to the mechanisms of core."""
        from django.urls import reverse

        from apps.compliance.limits import handlers, seeds  # noqa: F401 - they register themselves
        from apps.compliance.limits.operations.screening import ThresholdScreening, register_screening
        from apps.core.schemas.grants import declare_append_only
        from apps.core.shell import PaletteGroup, PaletteItem, add_palette

        declare_append_only("limits_limituse")
        register_screening("limits.threshold", ThresholdScreening())
        add_palette(lambda _user: PaletteGroup("Account", [PaletteItem("Your limits", reverse("limits-own"), "scale")]))
