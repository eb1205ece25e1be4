"""`bench [NAME …] [--json]`: run benchmarks and print them beside their references."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.benchmarks import Row, as_json, as_table, registered


class Command(BaseCommand):
    """Benchmarks live in tests/benchmarks; they need the packages of the test group."""

    help = "Run the benchmarks (all, or those named)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments."""
        parser.add_argument("names", nargs="*")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        folder = Path(settings.BASE_DIR) / "tests" / "benchmarks"
        sys.path.insert(0, str(settings.BASE_DIR))
        for path in sorted(folder.glob("bench_*.py")):
            import_module(f"tests.benchmarks.{path.stem}")
        known = registered()
        unknown = [name for name in options["names"] if name not in known]
        if unknown:
            raise CommandError(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}.")
        rows: list[Row] = []
        for name, bench in known.items():
            if not options["names"] or name in options["names"]:
                self.stderr.write(f"running {name}")
                rows += bench()
        self.stdout.write(as_json(rows) if options["json"] else as_table(rows))
