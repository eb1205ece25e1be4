"""The groups of tests that each need one thing more, and the report of those that did not run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Group:
    """One group: its marker, what it needs, the command that runs it, and whether the plain command leaves it out."""

    name: str
    needs: str
    command: str
    left_out: bool


GROUPS = (
    Group("browser", "Chromium (apt-get install chromium)", "python3 manage.py test -m browser", left_out=False),
    Group("clients", "the bots' own environment", "python3 manage.py test -m clients tests/clients", left_out=True),
    Group("long", "up to 45 minutes", "python3 manage.py test -m long", left_out=True),
)
ALONE = ("product", "kills")
"""Markers of tests that are kept apart from the others: they watch a whole product run, or kill its processes."""
OLD_SERVERS = Group("pg15", "PostgreSQL 15 and Redis 7", ".ci/pg15", left_out=True)


def default_selection() -> str:
    """Return the marker expression of the plain command."""
    return " and ".join(f"not {group.name}" for group in GROUPS if group.left_out)


def selection_side_by_side() -> str:
    """Return the marker expression of the plain command's tests that run side by side."""
    return f"{default_selection()} and not ({' or '.join(ALONE)})"


def selection_alone() -> str:
    """Return the marker expression of the plain command's tests that run after the others, a file at a time."""
    return f"{default_selection()} and ({' or '.join(ALONE)})"


class Report(Protocol):
    """The part of pytest's test report that is read here."""

    @property
    def when(self) -> str | None:
        """Return the phase: setup, call or teardown."""

    @property
    def outcome(self) -> str:
        """Return passed, failed or skipped."""

    @property
    def keywords(self) -> Iterable[str]:
        """Return the test's markers and names."""


@dataclass(eq=False)
class RanGroups:
    """A pytest plug-in that notes which groups had a test that really ran."""

    ran: set[str] = field(default_factory=set)

    def pytest_runtest_logreport(self, report: Report) -> None:
        """Take note of one phase of one test."""
        if report.when == "call" and report.outcome != "skipped":
            names = set(report.keywords)
            self.ran.update(group.name for group in GROUPS if group.name in names)

    def lines(self, *, on_old_servers: bool) -> list[str]:
        """Return one line for each group that did not run."""
        missing = [group for group in GROUPS if group.name not in self.ran]
        if not on_old_servers:
            missing.append(OLD_SERVERS)
        return [f"not run: {group.name} (needs {group.needs}): {group.command}" for group in missing]
