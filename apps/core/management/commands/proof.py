"""`proof [--json]`: recompute what must hold in every schema, keep signed reports; exit 1 when anything is red."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.actors import Actor
from apps.core.context import in_schema
from apps.core.models import ProofReport
from apps.core.proofs import prove_and_store
from apps.core.tasks import all_schemas


class Command(BaseCommand):
    """Each app adds its own proofs; see apps.core.proofs."""

    help = "Check seals, books, positions and schema drift in public and all tenants; keep a signed report of each."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flag."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        reports = {schema: _prove(schema) for schema in all_schemas()}
        clean = all(report.is_clean for report in reports.values())
        if options["json"]:
            schemas = {schema: _faults_of(report) for schema, report in reports.items()}
            self.stdout.write(json.dumps({"clean": clean, "schemas": schemas}, indent=1))
        else:
            for schema, report in reports.items():
                for name, faults in _faults_of(report).items():
                    self.stdout.write(f"{schema} {name}: {'clean' if not faults else '; '.join(faults)}")
        if not clean:
            sys.exit(1)


def _prove(schema: str) -> ProofReport:
    with in_schema(schema):
        return prove_and_store(actor=Actor.system("proof"), reason="by the command")


def _faults_of(report: ProofReport) -> dict[str, list[str]]:
    """Return proof → faults; where there are too many to keep, the last line says how many more."""
    found = {}
    for name, proof in report.report["proofs"].items():
        more = proof["count"] - len(proof["faults"])
        found[name] = [*proof["faults"], *([f"and {more} more"] if more else [])]
    return found
