"""`migrate_tenants`: apply pending migrations to public and all tenants."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.schemas.migrate import migrate_all
from apps.core.schemas.owner import as_owner


class Command(BaseCommand):
    """Safe to stop and start again."""

    help = "Apply pending migrations to public, then to each tenant's schema."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        with as_owner():
            applied = migrate_all()
        for schema, count in applied.items():
            self.stdout.write(f"{schema}: {count} applied")
