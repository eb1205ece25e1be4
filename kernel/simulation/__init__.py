"""Back-tests in whole numbers: decide at the close of a bar, fill at the open of the next."""

from kernel.simulation.costs import Costs
from kernel.simulation.generate import random_bars
from kernel.simulation.metrics import Metric, MonthlyReturn, Statistics, statistics
from kernel.simulation.result import Fill, Fills, SimulationResult, Trade, Trades
from kernel.simulation.simulate import simulate

__all__ = [
    "Costs",
    "Fill",
    "Fills",
    "Metric",
    "MonthlyReturn",
    "SimulationResult",
    "Statistics",
    "Trade",
    "Trades",
    "random_bars",
    "simulate",
    "statistics",
]
