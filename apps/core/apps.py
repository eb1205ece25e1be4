"""Core: what every other app leans on."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Installs the per-schema secret key and the trigger-aware migration writer."""

    name = "apps.core"
    label = "core"

    def ready(self) -> None:
        """Bind signatures to schemas; let makemigrations see triggers (django-tenants keeps the plain detector)."""
        from django.core.management.commands import makemigrations
        from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

        from apps.core import assets, checks, signing, tasks  # noqa: F401 - registers first rows, checks and tasks

        signing.install()
        MigrateSchemasCommand.autodetector = makemigrations.Command.autodetector
