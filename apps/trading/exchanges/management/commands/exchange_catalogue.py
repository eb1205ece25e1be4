"""`manage.py exchange_catalogue`: write down what the adapter library declares of each exchange (or only compare)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.trading.exchanges.catalogue.reading import declare, list_adapters
from apps.trading.exchanges.catalogue.venues import DECLARED_FILE


class Command(BaseCommand):
    """Run after the library was upgraded; the difference is then reviewed like any change."""

    help = "Write down what the adapter library declares of each exchange."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --check."""
        parser.add_argument("--check", action="store_true", help="change nothing; fail when the file is not true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write or compare."""
        rows = (f'"{name}": {json.dumps(declare(name), sort_keys=True)}' for name in list_adapters())
        text = "{\n" + ",\n".join(rows) + "\n}\n"
        if not options["check"]:
            DECLARED_FILE.write_text(text)
        elif DECLARED_FILE.read_text() != text:
            raise CommandError(f"{DECLARED_FILE.name} is not what the library declares; run this without --check.")
        self.stdout.write(f"{len(list_adapters())} exchanges")
