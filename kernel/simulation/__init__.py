"""Back-tests in whole numbers: decide at the close of a bar, fill at the open of the next."""

import sys

if sys.argv[:1] != ["-m"]:  # `python -m kernel.simulation` chooses how to work before it loads anything
    from kernel.simulation.costs import Costs
    from kernel.simulation.definitions import DEFINITIONS, Definition
    from kernel.simulation.generate import random_bars
    from kernel.simulation.metrics import Metric, MonthlyReturn, Statistics, statistics
    from kernel.simulation.result import ENGINE, Fill, Fills, SimulationResult, Trade, Trades, data_hash
    from kernel.simulation.simulate import simulate
    from kernel.simulation.trips import Excursions, ResultClass, distribution, excursions, results

__all__ = [
    "DEFINITIONS",
    "ENGINE",
    "Costs",
    "Definition",
    "Excursions",
    "Fill",
    "Fills",
    "Metric",
    "MonthlyReturn",
    "ResultClass",
    "SimulationResult",
    "Statistics",
    "Trade",
    "Trades",
    "data_hash",
    "distribution",
    "excursions",
    "random_bars",
    "results",
    "simulate",
    "statistics",
]
