"""Positions: books, netting, FIFO lots, realised and unrealised results."""

from django.apps import AppConfig


class PositionsConfig(AppConfig):
    """App `positions`."""

    name = "apps.trading.positions"
    label = "positions"

    def ready(self) -> None:
        """Make the tables of entries append-only for the application role, and the topic known."""
        from apps.core.schemas.grants import declare_append_only
        from apps.trading.positions import live, proofs  # noqa: F401 - the proofs register themselves

        declare_append_only("positions_positionentry")
        live.register()
