"""Indicators: whole arrays for history, one bar at a time for live, from one catalogue and with equal values."""

from kernel.indicators.batch import compute, compute_floats
from kernel.indicators.catalogue import INDICATORS, OWN
from kernel.indicators.comparison import UNDEFINED, relate, relate_integers
from kernel.indicators.definitions import Definition, OutputDefinition, ParameterDefinition, Parameters
from kernel.indicators.incremental import Incremental, create, follow, restore
from kernel.indicators.talib_catalogue import NOT_OFFERED

__all__ = [
    "INDICATORS",
    "NOT_OFFERED",
    "OWN",
    "UNDEFINED",
    "Definition",
    "Incremental",
    "OutputDefinition",
    "ParameterDefinition",
    "Parameters",
    "compute",
    "compute_floats",
    "create",
    "follow",
    "relate",
    "relate_integers",
    "restore",
]
