"""Short files, short functions, few arguments, honest names."""

import ast

import pytest

from tests.architecture.source import Source, app_folders, product, sources

MAX_FILE, MAX_FUNCTION, MAX_ARGUMENTS, MAX_README = 500, 60, 6, 40
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "service", "services", "logic", "common", "misc"}
RUNTIME_WORDS = {"config/runtime/services.py"}
"""`manage.py services` controls the servers: there the word says what it is."""


@pytest.mark.parametrize("source", sources(), ids=lambda source: source.path)
def test_files_and_functions_are_short(source: Source) -> None:
    assert source.lines <= MAX_FILE
    too_long = [
        f"{function.name} has {function.end_lineno - function.lineno + 1} lines"
        for function in source.functions()
        if function.end_lineno is not None and function.end_lineno - function.lineno + 1 > MAX_FUNCTION
    ]
    assert not too_long


def test_functions_take_few_positional_arguments() -> None:
    crowded = [
        f"{source.path}:{function.lineno} {function.name}"
        for source in product()
        for function in source.functions()
        if _positional(function) > MAX_ARGUMENTS and not _is_numeric_kernel(source, function)
    ]
    assert not crowded


def test_no_module_has_a_vague_name() -> None:
    vague = [
        source.path
        for source in product()
        if VAGUE & set(source.path.removesuffix(".py").split("/")) and source.path not in RUNTIME_WORDS
    ]
    assert not vague


def test_every_app_has_a_short_readme() -> None:
    missing = [
        str(folder)
        for folder in app_folders()
        if not (folder / "README.md").exists() or _readme_lines(folder) > MAX_README
    ]
    assert not missing


def test_no_file_is_empty_but_package_markers() -> None:
    assert not [
        source.path for source in product() if not source.text.strip() and not source.path.endswith("__init__.py")
    ]


def _readme_lines(folder: object) -> int:
    from pathlib import Path

    return (Path(str(folder)) / "README.md").read_text().count("\n")


def _positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    return len([name for name in names if name not in {"self", "cls"}])


def _is_numeric_kernel(source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """numba compiles positional arguments only."""
    return source.path.startswith("kernel/") and any("njit" in ast.unparse(item) for item in function.decorator_list)
