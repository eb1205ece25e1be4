"""What the app registers of algorithms when the product starts."""

from apps.core import work


def register() -> None:
    """Make work, tasks, handlers and desk known."""
    from apps.trading.orders.algos import handlers, queries, tasks  # noqa: F401 - they register themselves
    from apps.trading.orders.algos.choices import WORK

    work.register(WORK, queries.exists_going_on)
