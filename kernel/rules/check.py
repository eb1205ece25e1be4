"""Bounds, names and units of an expression against a catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from kernel.instruments import INTERVALS
from kernel.rules.catalogue import PURE, Catalogue, Function, Parameter, Unit, product
from kernel.rules.nodes import (
    Absolute,
    Arithmetic,
    Comparison,
    Constant,
    Crossing,
    Custom,
    HigherCondition,
    HigherNumber,
    Indicator,
    Node,
    Pick,
    PriceField,
    Rolling,
    Session,
    Window,
)
from kernel.rules.nodes import (
    Sequence as Steps,
)

MAX_DEPTH = 8
MAX_NODES = 256
MAX_LOOKBACK = 2_000
MAX_LOOKBACK_OF_TIMEFRAMES = 20_000
"""The bars a document may look back when it names a longer timeframe (each timeframe by itself: 2,000 of its bars)."""

_LARGEST_CONSTANT = Fraction(10**18)
_SMALLEST_CONSTANT = 1 / _LARGEST_CONSTANT


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a document: `path` is its JSON path (`conditions[0].left.params.period`), `message` a sentence."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a node stands for.

    `unit` is None for a constant, which fits any; `constant` is its value. `lookback` is the number of bars that must
    precede the first bar with a value.
    """

    unit: Unit | None
    lookback: int
    constant: Fraction | None = None


class RuleError(ValueError):
    """The node itself is at fault (not one below it)."""

    def __init__(self, message: str, below: str = "") -> None:
        super().__init__(message)
        self.below = below


def check(root: Node, catalogue: Catalogue) -> list[Problem]:
    """All problems of the tree: depth over 8, more than 256 nodes, look-back over 2,000, names, parameters, units.

    Size is checked first; a tree that is too large is not looked into.
    """
    too_large = _size_problem(root)
    if too_large:
        return [too_large]
    problems: list[Problem] = []
    found = _visit(root, "", catalogue, problems)
    most = MAX_LOOKBACK_OF_TIMEFRAMES if _has_higher(root, catalogue) else MAX_LOOKBACK
    if found and found.lookback > most:
        problems.append(Problem("", f"looks back {found.lookback} bars; at most {most} are allowed"))
    return problems


def meaning(node: Node, catalogue: Catalogue) -> Meaning:
    """Unit and look-back of a node that `check` has passed; raises RuleError for one it would not."""
    return _judge(node, catalogue, [meaning(child, catalogue) for _, child in node.children()])


def parameters_of(node: Indicator, function: Function) -> dict[str, int | Decimal]:
    """Every parameter of the function: the node's value or the default; integers as int, decimals as Decimal."""
    values: dict[str, int | Decimal] = {}
    for parameter in function.parameters:
        value = node.params.get(parameter.name, parameter.default)
        values[parameter.name] = int(value) if parameter.kind == "integer" else Decimal(value)
    return values


def _size_problem(root: Node) -> Problem | None:
    nodes = 0
    pending = [(root, "", 1)]
    while pending:
        node, path, depth = pending.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            return Problem(path, f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            return Problem("", f"more than {MAX_NODES} nodes")
        pending.extend((child, join(path, step), depth + 1) for step, child in node.children())
    return None


def _visit(node: Node, path: str, catalogue: Catalogue, problems: list[Problem]) -> Meaning | None:
    below = [_visit(child, join(path, step), catalogue, problems) for step, child in node.children()]
    known = [found for found in below if found is not None]
    if len(known) < len(below):
        return None
    try:
        return _judge(node, catalogue, known)
    except RuleError as error:
        problems.append(Problem(join(path, error.below), str(error)))
        return None


def _judge(node: Node, catalogue: Catalogue, below: list[Meaning]) -> Meaning:
    if isinstance(node, Constant):
        return Meaning(None, 0, Fraction(node.value))
    if isinstance(node, PriceField):
        return Meaning(_field_unit(node.field, "field", catalogue), node.shift)
    if isinstance(node, Indicator):
        return _judge_indicator(node, catalogue)
    if isinstance(node, Custom):
        return _judge_custom(node, catalogue)
    if isinstance(node, Session):
        return Meaning(PURE, 0)
    if isinstance(node, HigherNumber | HigherCondition):
        return _judge_higher(node, catalogue, below[0])
    return _judge_joined(node, below)


def _judge_joined(node: Node, below: list[Meaning]) -> Meaning:
    lookback = max(found.lookback for found in below)
    if isinstance(node, Arithmetic):
        constant = _folded(node.kind, below[0].constant, below[1].constant)
        return Meaning(_arithmetic_unit(node.kind, below[0].unit, below[1].unit), lookback, constant)
    if isinstance(node, Pick):
        return Meaning(_same_unit(below[0].unit, below[1].unit, "chosen from beside"), lookback)
    if isinstance(node, Absolute | Rolling):
        return _judge_of_one(node, below[0])
    if isinstance(node, Window):
        return Meaning(PURE, lookback + node.bars - 1)
    if isinstance(node, Steps):
        return Meaning(PURE, lookback + node.bars * (len(node.conditions) - 1))
    if isinstance(node, Comparison | Crossing) and _same_unit(below[0].unit, below[1].unit, "compared with") is None:
        raise RuleError("compares two constants: nothing in it depends on the market")
    return Meaning(PURE, lookback + isinstance(node, Crossing))


def _judge_of_one(node: Absolute | Rolling, of: Meaning) -> Meaning:
    if of.unit is None:
        raise RuleError("is taken of a constant: nothing in it depends on the market", "value")
    return Meaning(of.unit, of.lookback + (node.bars - 1 if isinstance(node, Rolling) else 0))


def _judge_custom(node: Custom, catalogue: Catalogue) -> Meaning:
    found = catalogue.custom.get(node.name)
    if found is None:
        known = ", ".join(catalogue.custom) or "none"
        raise RuleError(f"unknown indicator of the document {node.name!r}; known: {known}", "name")
    own = meaning(found, catalogue)
    return Meaning(own.unit, own.lookback + node.shift)


def ratio_of(timeframe: str, catalogue: Catalogue) -> int:
    """How many bars of the catalogue's interval make one of a longer timeframe; raises RuleError if that is none."""
    if not catalogue.interval:
        raise RuleError("a longer timeframe cannot be named here", "timeframe")
    length = INTERVALS.get(timeframe)
    if length is None:
        raise RuleError(f"unknown timeframe {timeframe!r}; known: {', '.join(INTERVALS)}", "timeframe")
    if length <= catalogue.interval or length % catalogue.interval:
        raise RuleError("must be a longer timeframe, a multiple of the strategy's own", "timeframe")
    return length // catalogue.interval


def _judge_higher(node: HigherNumber | HigherCondition, catalogue: Catalogue, below: Meaning) -> Meaning:
    ratio = ratio_of(node.timeframe, catalogue)
    if any(_has_higher(child, catalogue) for _, child in node.children()):
        raise RuleError("a longer timeframe stands inside another one")
    if below.unit is None:
        raise RuleError("is taken of a constant: nothing in it depends on the market", "value")
    if below.lookback > MAX_LOOKBACK:
        raise RuleError(f"looks back {below.lookback} bars of {node.timeframe}; at most {MAX_LOOKBACK} are allowed")
    # One more bar for the part of a bar that history may begin with, one for the bar that is not closed yet.
    return Meaning(below.unit, (below.lookback + 3) * ratio)


def _has_higher(node: Node, catalogue: Catalogue | None = None) -> bool:
    if isinstance(node, HigherNumber | HigherCondition):
        return True
    below = [child for _, child in node.children()]
    if isinstance(node, Custom) and catalogue is not None and node.name in catalogue.custom:
        below = [catalogue.custom[node.name]]
    return any(_has_higher(child, catalogue) for child in below)


def _arithmetic_unit(kind: str, left: Unit | None, right: Unit | None) -> Unit | None:
    if left is None and right is None:
        return None
    if kind in {"add", "subtract"}:
        return _same_unit(left, right, "added to or subtracted from")
    return product(left or PURE, right or PURE, 1 if kind == "multiply" else -1)


def _folded(kind: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    """The value of arithmetic on two constants, None when one side is not constant."""
    if kind == "divide" and right == 0:
        raise RuleError("divides by zero", "right")
    if left is None or right is None:
        return None
    if kind in {"add", "subtract"}:
        value = left + right if kind == "add" else left - right
    else:
        value = left * right if kind == "multiply" else left / right
    if value and not _SMALLEST_CONSTANT <= abs(value) <= _LARGEST_CONSTANT:
        raise RuleError("the constant is outside 10^-18 … 10^18")
    return value


def _same_unit(left: Unit | None, right: Unit | None, doing: str) -> Unit | None:
    if left is None or right is None:
        return right if left is None else left
    if left != right:
        raise RuleError(f"{unit_words(left)} cannot be {doing} {unit_words(right)}")
    return left


def unit_words(value: Unit) -> str:
    """The unit in words, for messages."""
    if not value:
        return "a pure number"
    return " × ".join(f"a {name}" if power == 1 else f"a {name}^{power}" for name, power in value)


def _field_unit(name: str, key: str, catalogue: Catalogue) -> Unit:
    if name not in catalogue.fields:
        raise RuleError(f"unknown field {name!r}; known: {', '.join(catalogue.fields)}", key)
    return catalogue.fields[name]


def _judge_indicator(node: Indicator, catalogue: Catalogue) -> Meaning:
    function = catalogue.functions.get(node.name)
    if function is None:
        raise RuleError(f"unknown indicator {node.name!r}; known: {', '.join(catalogue.functions)}", "name")
    if node.source is not None and not function.takes_source:
        raise RuleError(f"{node.name} reads the whole bar and takes no source", "source")
    for fault in _parameter_faults(node.params, function.parameters):
        raise fault
    values = parameters_of(node, function)
    complaint = function.complaint(values)
    if complaint:
        raise RuleError(complaint, "params")
    outputs = {output.name: output for output in function.outputs}
    name = node.output or function.outputs[0].name
    if name not in outputs:
        raise RuleError(f"{node.name} has no output {name!r}; it has: {', '.join(outputs)}", "output")
    source = _field_unit(node.source or "close", "source", catalogue)
    known = {**catalogue.fields, "source": source, "pure": PURE}
    return Meaning(_declared_unit(outputs[name].unit, known), function.lookback(values) + node.shift)


def _declared_unit(text: str, known: Mapping[str, Unit]) -> Unit:
    """`source`, `pure` or a field's name, or two of them joined by * or /."""
    for mark, sign in (("*", 1), ("/", -1)):
        left, found, right = text.partition(mark)
        if found:
            return product(known[left], known[right], sign)
    return known[text]


def _parameter_faults(given: Mapping[str, Decimal], declared: Sequence[Parameter]) -> Iterator[RuleError]:
    known = {parameter.name: parameter for parameter in declared}
    for name, value in given.items():
        parameter = known.get(name)
        if parameter is None:
            yield RuleError(f"unknown parameter {name!r}; known: {', '.join(known)}", f"params.{name}")
        elif parameter.kind == "integer" and value != int(value):
            yield RuleError("must be a whole number", f"params.{name}")
        elif not parameter.minimum <= value <= parameter.maximum:
            yield RuleError(f"must be between {parameter.minimum} and {parameter.maximum}", f"params.{name}")


def join(path: str, step: str) -> str:
    """Two JSON paths, one below the other."""
    if not path or not step:
        return path or step
    return f"{path}{step}" if step.startswith("[") else f"{path}.{step}"
