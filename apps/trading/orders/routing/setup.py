"""What the app registers of routed orders when the product starts."""

from apps.core import work


def register() -> None:
    """Make work, tasks and handlers known."""
    from apps.trading.orders.routing import handlers, queries, tasks  # noqa: F401 - they register themselves
    from apps.trading.orders.routing.choices import WORK

    work.register(WORK, queries.exists_going_on)
