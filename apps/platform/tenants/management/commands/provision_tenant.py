"""`provision_tenant`: make a tenant from the command line."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.errors import DomainError
from apps.platform.tenants.operations import WantedTenant, make_tenant


class Command(BaseCommand):
    """Resumable: the same slug again finishes what was begun."""

    help = "Make a tenant: its row, its schema, its host, its first rows."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("slug")
        parser.add_argument("--name", required=True)
        parser.add_argument("--email", required=True)
        parser.add_argument("--base-host", required=True, help="the tenant answers at slug.base-host")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        wanted = WantedTenant(options["slug"], options["name"], options["email"], demo=False)
        try:
            tenant = make_tenant(actor=Actor.system("command"), wanted=wanted, base_host=options["base_host"])
        except DomainError as refusal:
            raise CommandError(refusal.text) from refusal
        self.stdout.write(json.dumps({"id": str(tenant.id), "schema": tenant.schema, "host": tenant.host}))
