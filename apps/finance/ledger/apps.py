"""Ledger: double entry under everything that is money."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """App `ledger`."""

    name = "apps.finance.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Declare the posting function, and which tables only it may write."""
        from apps.core.schemas.functions import declare_function
        from apps.core.schemas.grants import declare_append_only, declare_read_only
        from apps.finance.ledger import figures, handlers, proofs  # noqa: F401 - they register themselves
        from apps.finance.ledger.migrations._post import POST

        declare_function("ledger_post", POST)
        for table in ("ledger_entry", "ledger_hold"):
            declare_read_only(table)
        declare_read_only("ledger_journal", updatable=("seal_id",))
        declare_append_only("ledger_account", updatable=("state",))
        declare_append_only("ledger_journalseal")
