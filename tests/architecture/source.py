"""Reading the product's own source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT = ("apps", "config", "kernel")


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the root, its text, its tree; read when asked for, not when tests are listed."""

    path: str

    @cached_property
    def text(self) -> str:
        """Return what is in the file."""
        return (ROOT / self.path).read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """Return the parsed file."""
        return ast.parse(self.text, self.path)

    @property
    def lines(self) -> int:
        """Return the number of lines."""
        return self.text.count("\n") + 1

    @property
    def module(self) -> str:
        """Return the dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def imports(self) -> Iterator[tuple[str, int]]:
        """Yield every imported dotted name with its line."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


@lru_cache(maxsize=1)
def sources() -> tuple[Source, ...]:
    """Return all Python files of product and tests, migrations left out."""
    found = []
    for folder in (*PRODUCT, "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "migrations/" not in name and "/node_modules/" not in name:
                found.append(Source(name))
    found.append(Source("manage.py"))
    return tuple(found)


def product() -> tuple[Source, ...]:
    """Return the files that ship."""
    return tuple(source for source in sources() if not source.path.startswith("tests/"))


def app_folders() -> list[Path]:
    """Return the folder of every app of ours."""
    return sorted(path.parent for path in (ROOT / "apps").rglob("apps.py"))
