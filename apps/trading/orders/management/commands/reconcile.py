"""`manage.py reconcile`: compare every active account with our books; exit code 1 when something differs."""

import json
import sys
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.context import PUBLIC, in_schema
from apps.core.tasks import all_schemas
from apps.trading.exchanges.queries import list_active_connections
from apps.trading.orders.operations import Report, reconcile_connection


class Command(BaseCommand):
    """Compares orders, fills and balances with the venues. It needs the key ring of the trading workers."""

    help = "Compare our books with the venues. Exit code 1: something differs, or a venue could not be asked."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the schema and the form of the answer."""
        parser.add_argument("--schema", default="", help="only this tenant's schema")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run over all tenants."""
        schemas = [options["schema"]] if options["schema"] else [name for name in all_schemas() if name != PUBLIC]
        found: dict[str, list[Report]] = {}
        for schema in schemas:
            with in_schema(schema):
                found[schema] = [reconcile_connection(connection_id=row.pk) for row in list_active_connections()]
        reports = [report for rows in found.values() for report in rows]
        differences = sum(len(report.differences) for report in reports)
        errors = sum(bool(report.error) or bool(report.unsettled) for report in reports)
        if options["json"]:
            tenants = {schema: [_plain(report) for report in rows] for schema, rows in found.items()}
            answer = {"differences": differences, "unfinished": errors, "tenants": tenants}
            self.stdout.write(json.dumps(answer, indent=1))
        else:
            self._say(found, differences)
        sys.exit(1 if differences or errors else 0)

    def _say(self, found: dict[str, list[Report]], differences: int) -> None:
        for schema, rows in found.items():
            for report in rows:
                state = report.error or f"{len(report.differences)} differences, {report.unsettled} unsettled orders"
                self.stdout.write(f"{schema} {report.venue} {report.connection_id}: {state}")
                for item in report.differences:
                    self.stdout.write(f"  {item['kind']} {item['subject']}: {item['expected']} here, {item['found']}")
        self.stdout.write(f"{differences} differences")


def _plain(report: Report) -> dict[str, Any]:
    return {**asdict(report), "connection_id": str(report.connection_id)}
