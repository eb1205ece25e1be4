"""`manage.py verify_data DIR [--json]`: check any folder of recorded market data."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.trading.market_data.recordings.verifying import Verdict, verify_folder

SHOWN = ("candles", "bid_ask_candles", "trades", "quotes", "book", "unreadable")


class Command(BaseCommand):
    """Reads files only; nothing is stored."""

    help = "Check recorded candles, trades, quotes and order books of a folder; nothing is stored."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder."""
        parser.add_argument("folder", type=Path)
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check the files and print the verdicts, with the totals at the end."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        verdicts = list(verify_folder(folder))
        if options["json"]:
            found = {"files": [verdict.to_dict() for verdict in verdicts], "totals": totals(verdicts)}
            self.stdout.write(json.dumps(found, indent=1))
            return
        for verdict in verdicts:
            if verdict.kind in SHOWN:
                self.stdout.write(in_words(verdict))
        summed = totals(verdicts)
        self.stdout.write(
            f"{summed['recordings']} recordings, {summed['clean']} clean (alarms on less than 0.1 % of rows),"
            f" {summed['other']} other files; {summed['rows']:,} rows, {summed['rows_with_alarms']:,} with an alarm"
        )


def totals(verdicts: list[Verdict]) -> dict[str, int]:
    """Return the figures of all files together."""
    recordings = [verdict for verdict in verdicts if verdict.kind in SHOWN]
    return {
        "recordings": len(recordings),
        "clean": sum(verdict.is_clean for verdict in recordings),
        "other": len(verdicts) - len(recordings),
        "rows": sum(verdict.rows for verdict in recordings),
        "rows_with_alarms": sum(verdict.rows_with_alarms for verdict in recordings),
    }


def in_words(verdict: Verdict) -> str:
    """Return a verdict as a line."""
    if verdict.error:
        return f"{verdict.path}: {verdict.error}"
    counts = ", ".join(f"{count} {rule.replace('_', ' ')}" for rule, count in verdict.alarms.items()) or "no alarm"
    percent = verdict.to_dict()["percent_with_alarms"]
    return f"{verdict.path}: {verdict.kind}, {verdict.rows:,} rows, {counts} ({percent:g} %), score {verdict.score}"
