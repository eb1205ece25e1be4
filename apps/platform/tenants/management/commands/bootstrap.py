"""`bootstrap`: bring the database to the code's state, and make the demo tenants."""

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from apps.core.actors import Actor
from apps.core.sealing import ensure_key_rings
from apps.platform.tenants.operations import WantedTenant, make_tenant, prepare_public

DEMO = (
    WantedTenant("harbor", "Harbor Markets", "office@harbor.example", demo=True),
    WantedTenant("lagoon", "Lagoon Academy", "office@lagoon.example", demo=True),
)


class Command(BaseCommand):
    """Idempotent; writes what a person needs to log in to `bootstrap.json` in the state folder."""

    help = "Build or migrate public and all tenants; with the demo, make two tenants and print their log-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flags."""
        parser.add_argument("--no-demo", action="store_true", help="make no demo tenants")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        state = Path(settings.STATE_DIR)
        ensure_key_rings(Path(settings.KEY_RING_PATH).parent)
        prepare_public()
        report: dict[str, Any] = {"urls": {}, "logins": {}}
        for wanted in () if options["no_demo"] else DEMO:
            tenant = make_tenant(actor=Actor.system("bootstrap"), wanted=wanted, base_host="localhost")
            port = os.environ.get("OUTCRY_WEB_PORT", "8000")
            report["urls"][wanted.name] = f"http://{tenant.host}:{port}/"
            report["urls"][f"{wanted.name}, back office"] = f"http://{tenant.host}:{port}/admin/"
            report["logins"].update({f"{wanted.name}: {name}": facts for name, facts in tenant.report.items()})
        path = state / "bootstrap.json"
        path.write_text(json.dumps(report, indent=1))
        path.chmod(0o600)
