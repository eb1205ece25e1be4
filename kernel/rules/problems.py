"""Reading an expression from untrusted JSON, with errors by JSON path."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from kernel.rules.catalogue import Catalogue
from kernel.rules.check import MAX_DEPTH, MAX_NODES, Problem, check, join
from kernel.rules.nodes import Condition, Node

_CONDITION: Final[TypeAdapter[Node]] = TypeAdapter(Condition)
_OPERANDS: Final = ("left", "right", "condition", "value")


def parse_condition(data: object, catalogue: Catalogue) -> tuple[Node | None, list[Problem]]:
    """The condition in `data` (decoded JSON) or None, with every problem found.

    Size is bounded before anything is built, so hostile nesting costs nothing.
    """
    too_large = raw_size_problem(data)
    if too_large:
        return None, [too_large]
    try:
        condition = _CONDITION.validate_python(data)
    except ValidationError as error:
        return None, problems_of(error.errors(include_url=False), data)
    problems = check(condition, catalogue)
    return (None if problems else condition), problems


def raw_size_problem(data: object) -> Problem | None:
    """A problem when decoded JSON nests deeper than 8 nodes or holds more than 256, before it is parsed."""
    nodes = 0
    pending: list[tuple[object, str, int]] = [(data, "", 1)]
    while pending:
        node, path, depth = pending.pop()
        if not isinstance(node, dict):
            continue
        nodes += 1
        if depth > MAX_DEPTH:
            return Problem(path, f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            return Problem("", f"more than {MAX_NODES} nodes")
        pending.extend((node[key], join(path, key), depth + 1) for key in _OPERANDS if key in node)
        conditions = node.get("conditions")
        if isinstance(conditions, list | tuple):
            pending.extend(
                (item, join(path, f"conditions[{index}]"), depth + 1)
                for index, item in enumerate(conditions[: MAX_NODES + 1])
            )
    return None


def problems_of(errors: Iterable[ErrorDetails], data: object) -> list[Problem]:
    """Pydantic's errors as problems whose path is the path in `data`.

    Pydantic puts the tags of unions into its locations; walking the data along them drops those.
    """
    # A list whose items are at fault is also reported as too short, because no item was left: that is noise.
    return [
        Problem(_json_path(error["loc"], error["type"], data), _sentence(error))
        for error in errors
        if not (error["type"] == "too_short" and error["input"])
    ]


def _json_path(location: tuple[int | str, ...], kind: str, data: Any) -> str:
    path = ""
    for position, step in enumerate(location):
        if isinstance(step, int) and isinstance(data, list | tuple) and step < len(data):
            path, data = f"{path}[{step}]", data[step]
        elif isinstance(data, dict) and step in data:
            path, data = join(path, str(step)), data[step]
        elif kind == "missing" and position == len(location) - 1:
            path = join(path, str(step))
    return path


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "is required"
    if error["type"] == "extra_forbidden":
        return "is not a known key"
    if error["type"] == "union_tag_not_found":
        return "needs a `kind`"
    if error["type"] == "union_tag_invalid":
        context = error["ctx"]
        return f"unknown kind {context['tag']!r}; known: {context['expected_tags']}"
    return error["msg"].removeprefix("Value error, ")
