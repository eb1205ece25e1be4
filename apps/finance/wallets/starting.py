"""Connects deposits, withdrawals and transfers to the mechanisms of core; called once by the app's `ready`."""


def start_funding() -> None:
    """Guard the append-only tables, register timers, handlers, seeds, proof, live topic and lasting work."""
    from apps.core import work
    from apps.core.schemas.grants import declare_append_only
    from apps.finance.wallets import (  # noqa: F401 - they register themselves
        handlers,
        live,
        proofs,
        seeds,
        tasks,
        timers,
        work_lists,
    )
    from apps.finance.wallets.choices import WORK

    declare_append_only("wallets_withdrawalstep")
    live.register()
    work.register(WORK, work_lists.exists_custody_work)
