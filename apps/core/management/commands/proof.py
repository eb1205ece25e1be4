"""`proof --json`: recompute what must hold in every schema; exit 1 when anything does not."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.proofs import prove_all


class Command(BaseCommand):
    """Each app adds its own proofs; see apps.core.proofs."""

    help = "Check seals, positions and schema drift in public and all tenants."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flag."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        report = prove_all()
        clean = not any(faults for proofs in report.values() for faults in proofs.values())
        if options["json"]:
            self.stdout.write(json.dumps({"clean": clean, "schemas": report}, indent=1))
        else:
            for schema, proofs in report.items():
                for name, faults in proofs.items():
                    self.stdout.write(f"{schema} {name}: {'clean' if not faults else '; '.join(faults)}")
        if not clean:
            sys.exit(1)
