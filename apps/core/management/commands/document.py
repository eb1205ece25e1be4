"""`document [--check]`: write the pages of docs/ that are made from the code, or say which are stale."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.documents import pages, stale_pages


class Command(BaseCommand):
    """Reads code only: no database."""

    help = "Write docs/events.md and docs/errors.md from the code; with --check only compare."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the flag."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run."""
        stale = [str(path.relative_to(settings.BASE_DIR)) for path in stale_pages()]
        if options["check"]:
            if stale:
                raise CommandError(f"stale: {', '.join(stale)}; run: python3 manage.py document")
            return
        for path, text in pages().items():
            Path(path).write_text(text)
        self.stdout.write(f"written: {', '.join(stale) or 'nothing was stale'}")
