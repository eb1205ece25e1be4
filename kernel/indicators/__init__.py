"""Indicators: whole arrays for history, one bar at a time for live, from one catalogue and with equal values."""

from kernel.indicators.batch import compute, compute_floats
from kernel.indicators.catalogue import INDICATORS, Definition, OutputDefinition, ParameterDefinition
from kernel.indicators.comparison import UNDEFINED, relate, relate_integers
from kernel.indicators.incremental import Incremental, create, restore

__all__ = [
    "INDICATORS",
    "UNDEFINED",
    "Definition",
    "Incremental",
    "OutputDefinition",
    "ParameterDefinition",
    "compute",
    "compute_floats",
    "create",
    "relate",
    "relate_integers",
    "restore",
]
