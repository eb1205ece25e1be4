"""Writes on instruments."""

from apps.trading.instruments.operations.seed import seed_instruments

__all__ = ["seed_instruments"]
