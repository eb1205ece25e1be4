"""`seed`: tenants full of recognisable rows, for trials and for looking for leaks."""

import json
import random
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.actors import Actor
from apps.platform.tenants.operations import WantedTenant, make_tenant, prepare_public


class Command(BaseCommand):
    """The same seed gives the same tenants; a canary in every text field tells whose row is seen."""

    help = "Make N tenants with people, keys and rows; print hosts, roles, passwords, TOTP seeds and tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("--tenants", type=int, default=2)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--canary", default="canary")
        parser.add_argument("--base-host", default="localhost")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        prepare_public()
        words = random.Random(options["seed"])  # noqa: S311 - names, not secrets
        made = []
        for number in range(1, options["tenants"] + 1):
            slug = f"seed{options['seed']}-{number}"
            canary = f"{options['canary']}-{number}-{words.randrange(16**6):06x}"
            wanted = WantedTenant(slug, f"Seed {number} {canary}", f"{slug}@example.test", demo=True, canary=canary)
            tenant = make_tenant(actor=Actor.system("seed"), wanted=wanted, base_host=options["base_host"])
            made.append(
                {"id": str(tenant.id), "slug": slug, "schema": tenant.schema, "host": tenant.host, "canary": canary,
                 "people": tenant.report}
            )  # fmt: skip
        if options["json"]:
            self.stdout.write(json.dumps({"seed": options["seed"], "tenants": made}, indent=1))
            return
        for tenant_facts in made:
            self.stdout.write(f"{tenant_facts['host']}: {', '.join(tenant_facts['people'])}")
