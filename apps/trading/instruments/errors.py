"""What can be refused about instruments, watchlists and alerts."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotFound
from kernel.rules import Problem


class UnknownSymbol(NotFound):
    """No instrument has this symbol."""

    code = "instruments.unknown_symbol"
    message = "There is no instrument “{symbol}”. See the list of markets."


class InstrumentInvalid(Invalid):
    """The facts contradict each other or are out of bounds."""

    code = "instruments.invalid"
    message = "This instrument cannot be taken: {why}."


class SymbolTaken(Conflict):
    """Another instrument has this symbol or alias."""

    code = "instruments.symbol_taken"
    message = "“{symbol}” is taken by another instrument."


class WatchlistMissing(NotFound):
    """The person has no such watchlist."""

    code = "instruments.watchlist_not_found"
    message = "You have no such watchlist. It may belong to somebody else."


class WatchlistNameTaken(Conflict):
    """The person has a watchlist of this name."""

    code = "instruments.watchlist_name_taken"
    message = "You have a watchlist “{name}” already."


class NameInvalid(Invalid):
    """A name is empty, too long, or has signs that cannot be shown."""

    code = "instruments.name_invalid"
    message = "Write a name of 1 to {most} signs."


class TooManyKept(LimitReached):
    """The person keeps as many as are allowed."""

    code = "instruments.too_many"
    message = "You may keep {most} {what}. Remove what you no longer use."


class AlertMissing(NotFound):
    """The person has no such alert."""

    code = "instruments.alert_not_found"
    message = "You have no such alert. It may belong to somebody else."


class ConditionInvalid(Invalid):
    """The condition of an alert cannot be accepted; `problems` names every fault by its JSON path."""

    code = "instruments.condition_invalid"
    message = "The condition cannot be accepted: {first}."

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        where = "".join(
            sign if sign.isprintable() else "�" for sign in f"{first.path}: {first.message}".removeprefix(": ")
        )
        super().__init__(field="condition", first=where[:300])
