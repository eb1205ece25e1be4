"""What can be refused about strategies."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotFound
from kernel.rules import Problem


class StrategyMissing(NotFound):
    """The person has no such strategy."""

    code = "strategies.not_found"
    message = "You have no such strategy. It may belong to somebody else."


class VersionMissing(NotFound):
    """The strategy has no such version."""

    code = "strategies.version_not_found"
    message = "You have no such version of a strategy."


class ExampleMissing(NotFound):
    """The gallery has no such strategy."""

    code = "strategies.example_not_found"
    message = "The gallery has no strategy “{key}”."


class InvalidDocument(Invalid):
    """The rules are not a strategy; `problems` names every fault by its JSON path."""

    code = "strategies.invalid_document"
    message = "The rules cannot be accepted: {first}"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        super().__init__(field="document", first=f"{first.path}: {first.message}" if first.path else first.message)


class VersionChanged(Conflict):
    """Somebody saved another version since the caller read the strategy."""

    code = "strategies.version_changed"
    message = "Version {latest} was saved since you opened version {expected}. Reload, then make your change again."


class NothingChanged(Conflict):
    """The new rules equal the newest version."""

    code = "strategies.nothing_changed"
    message = "These rules equal version {number}. Nothing was saved."


class StrategyArchived(Conflict):
    """The strategy is put away."""

    code = "strategies.archived"
    message = "This strategy is archived. Restore it first."


class TooManyStrategies(LimitReached):
    """The person keeps as many strategies, or versions of one, as are allowed."""

    code = "strategies.too_many"
    message = "You may keep {most} {what}. Archive what you no longer use."
