"""Ending loops of the feed for certain."""

import asyncio


def still_wanted() -> bool:
    """Return whether the running task was not asked to end.

    Loops ask in each turn, because a library may swallow the one CancelledError: redis-py does so when a cancellation
    meets the end of a command, and the loop would go on for ever while its task group waits for it.
    """
    task = asyncio.current_task()
    return task is None or not task.cancelling()
