"""Compiling to machine code, in one place, so that a short job can go without it.

Loading and running the compiler costs more than a second of CPU time; a hundred thousand candles in plain Python cost
less. The sources are the same either way and so are the results: the loops work on whole numbers.
"""

from collections.abc import Callable
from typing import Any, Generic, ParamSpec, Protocol, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")


class Compiled(Protocol, Generic[Given, Made]):
    """A function that runs as machine code, with its source as plain Python in `py_func`."""

    py_func: Callable[Given, Made]

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        """Run it."""


class _Mode:
    plain = False
    chosen = False


def work_plainly() -> None:
    """Leave everything uncompiled, from a process's first lines on. Raises RuntimeError once one was compiled."""
    if _Mode.chosen and not _Mode.plain:
        raise RuntimeError("functions are compiled already")
    _Mode.plain = True


def is_plain() -> bool:
    """Whether functions of this process are left uncompiled."""
    return _Mode.plain


def njit(*, cache: bool) -> Callable[[Callable[Given, Made]], Compiled[Given, Made]]:
    """Return a decorator like numba's: the function compiled when it is first called."""
    _Mode.chosen = True
    if _Mode.plain:
        return _untouched
    import numba

    decorator: Callable[[Callable[Given, Made]], Compiled[Given, Made]] = numba.njit(cache=cache)
    return decorator


def register_jitable(function: Callable[Given, Made]) -> Callable[Given, Made]:
    """Let compiled functions call this one, as numba's decorator does; it stays a plain function."""
    _Mode.chosen = True
    if _Mode.plain:
        return function
    from numba.extending import register_jitable as register

    decorated: Callable[Given, Made] = register(function)
    return decorated


def _untouched(function: Any) -> Any:
    function.py_func = function
    return function
