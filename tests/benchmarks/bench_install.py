"""How much disk the core install takes, beside its limit."""

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from django.conf import settings
from packaging.requirements import Requirement

from apps.core.benchmarks import Row, benchmark

LIMIT_MB = 600.0


@benchmark("install")
def run() -> Iterator[Row]:
    """Add up the files of the core dependencies and of all that they need (no test or check tools)."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    seen: set[tuple[str, str]] = set()
    names: set[str] = set()
    while waiting:
        wanted = waiting.pop()
        for extra in wanted.extras or {""}:
            if (wanted.name.lower(), extra) in seen:
                continue
            seen.add((wanted.name.lower(), extra))
            waiting += _needed(wanted.name, extra, names)
    size = sum(_size(name) for name in names) / 1e6
    yield Row("install", f"core packages on disk ({len(names)})", size, "MB", "limit", LIMIT_MB)


def _needed(name: str, extra: str, names: set[str]) -> list[Requirement]:
    try:
        found = distribution(name)
    except PackageNotFoundError:
        return []
    names.add(found.metadata["Name"].lower())
    needed = [Requirement(text) for text in found.requires or []]
    return [one for one in needed if one.marker is None or one.marker.evaluate({"extra": extra})]


def _size(name: str) -> int:
    paths = [Path(str(path.locate())) for path in distribution(name).files or []]
    return sum(path.stat().st_size for path in paths if path.exists())
