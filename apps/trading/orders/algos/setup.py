"""What the app registers of algorithms when the product starts."""

from apps.core import work


def register() -> None:
    """Make work, tasks and handlers known, those of execution quality, too."""
    from apps.trading.orders.algos import handlers, live, queries, tasks  # noqa: F401 - they register themselves
    from apps.trading.orders.algos.choices import WORK
    from apps.trading.orders.quality import handlers as quality_handlers  # noqa: F401 - they register themselves

    live.register()
    work.register(WORK, queries.exists_going_on)
