"""`manage.py ledger_backfill`: book in the ledger the orders, fills and balances from before it."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.actors import Actor
from apps.core.context import PUBLIC, in_schema
from apps.core.tasks import all_schemas
from apps.trading.orders.operations import Backfilled, backfill_ledger


class Command(BaseCommand):
    """Runs over all tenants, in batches. Safe to repeat, to stop at any point, and to run beside the product."""

    help = "Book in the ledger what was there before it: fills, first balances, holds of open orders."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the schema and the form of the answer."""
        parser.add_argument("--schema", default="", help="only this tenant's schema")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run over all tenants."""
        schemas = [options["schema"]] if options["schema"] else [name for name in all_schemas() if name != PUBLIC]
        found: dict[str, Backfilled] = {}
        for schema in schemas:
            with in_schema(schema):
                found[schema] = backfill_ledger(actor=Actor.system("orders"))
        if options["json"]:
            self.stdout.write(json.dumps({schema: asdict(done) for schema, done in found.items()}, indent=1))
            return
        for schema, done in found.items():
            self.stdout.write(
                f"{schema}: {done.fills} fills, {done.mirrors} mirrors, {done.holds} holds booked;"
                f" {done.waiting} accounts wait for their first comparison"
            )
