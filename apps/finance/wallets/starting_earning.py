"""Connects saving, yield, staking and prices to the mechanisms of core; called once by the app's `ready`."""


def start_earning() -> None:
    """Guard the append-only tables, register timers, tasks, handlers, seeds, proof and the table of currency rates."""
    from apps.core.schemas.grants import declare_append_only
    from apps.finance.wallets import (  # noqa: F401 - they register themselves
        handlers_earning,
        proofs_earning,
        seeds_earning,
        tasks_earning,
        timers_earning,
    )
    from apps.finance.wallets.fiat_table import FiatTable
    from apps.finance.wallets.prices import register_price_source

    for table in ("goalcontribution", "accrual", "yieldrate", "stakingrate", "fiatrate"):
        declare_append_only(f"wallets_{table}")
    register_price_source("wallets.fiat_table", FiatTable(), priority=20)
