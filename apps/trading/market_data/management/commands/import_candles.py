"""`manage.py import_candles FILE …`: store recorded candles and report what is missing."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import Actor
from apps.core.clock import from_ms
from apps.core.context import PUBLIC, in_schema
from apps.core.errors import DomainError
from apps.trading.market_data.choices import HOME_VENUE
from apps.trading.market_data.operations import ImportReport, import_candles
from kernel.quality import CALENDARS

SHOWN_GAPS = 20


class Command(BaseCommand):
    """Imports files of candles; every file is stored whole or not at all."""

    help = "Import candles (.npz, .csv, .csv.gz or .parquet) and print a gap report. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the files; symbol and interval come from their names unless given."""
        parser.add_argument("paths", nargs="+", type=Path)
        parser.add_argument("--symbol", default="")
        parser.add_argument("--interval", default="")
        parser.add_argument("--venue", default=HOME_VENUE, help="whose candles they are")
        parser.add_argument("--hours", default="", choices=["", *CALENDARS], help="when the market trades")
        parser.add_argument("--side", default="bid", choices=["bid", "ask"], help="of files with both")
        parser.add_argument("--json", action="store_true", help="print one JSON object per file")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Import one file after the other."""
        actor = Actor.system("import_candles")
        for path in options["paths"]:
            try:
                with in_schema(PUBLIC):
                    report = import_candles(
                        actor=actor,
                        path=path,
                        symbol=options["symbol"],
                        interval=options["interval"],
                        calendar=options["hours"],
                        venue=options["venue"],
                        side=options["side"],
                    )
            except DomainError as refusal:
                raise CommandError(refusal.text) from refusal
            self.stdout.write(json.dumps(asdict(report)) if options["json"] else "\n".join(in_words(report)))


def in_words(report: ImportReport) -> list[str]:
    """Return the report in lines for a person."""
    if report.first_ts is None or report.last_ts is None:
        return [f"{report.path}: no candles"]
    stored = report.stored
    lines = [
        f"{report.path}: {report.symbol} {report.interval}, {report.rows:,} candles"
        f" from {_moment(report.first_ts)} to {_moment(report.last_ts)}",
        f"  {stored.added:,} new, {stored.corrected:,} corrected, {stored.unchanged:,} already there;"
        f" {stored.chunks:,} chunks written",
        f"  {len(report.gaps):,} gaps, {report.missing:,} candles missing",
    ]
    if report.alarms:
        lines.append("  to look at: " + ", ".join(f"{count} {rule}" for rule, count in report.alarms.items()))
    if report.outside:
        lines.append(f"  {report.outside:,} candles open while the market is closed ({report.calendar})")
    lines += [
        f"    {_moment(gap.start_ms)} to {_moment(gap.end_ms)}: {gap.missing:,}" for gap in report.gaps[:SHOWN_GAPS]
    ]
    if len(report.gaps) > SHOWN_GAPS:
        lines.append(f"    … and {len(report.gaps) - SHOWN_GAPS:,} more (--json lists all)")
    return lines


def _moment(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M}"
