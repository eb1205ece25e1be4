"""`manage.py import_fiat_rates TENANT FILE`: enter exchange rates of currencies from a CSV table."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.errors import DomainError
from apps.finance.wallets.operations import import_fiat_rates
from apps.platform.tenants.queries import get_tenant


class Command(BaseCommand):
    """Imports one table into one tenant, whole or not at all."""

    help = "Import exchange rates (CSV: base,quote,rate,as_of) into a tenant. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the tenant's short name, the file, and who says so."""
        parser.add_argument("tenant")
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", default="", help="shown beside every value; by default the file's name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import the file."""
        path: Path = options["path"]
        try:
            text = path.read_text(encoding="utf-8")
            with in_schema(get_tenant(options["tenant"]).schema):
                added = import_fiat_rates(
                    actor=Actor.system("import_fiat_rates"),
                    text=text,
                    source=options["source"] or path.name,
                    reason=f"import of {path.name}",
                )
        except (DomainError, OSError, UnicodeDecodeError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{path.name}: {added} new rates")
