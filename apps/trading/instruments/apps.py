"""Instruments: what can be traded, with its grid and limits."""

from django.apps import AppConfig


class InstrumentsConfig(AppConfig):
    """App `instruments`."""

    name = "apps.trading.instruments"
    label = "instruments"
