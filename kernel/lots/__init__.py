"""Positions from fills: FIFO lots and average cost side by side, long and short, exact."""

from kernel.lots.position import Lot, Match, PositionState, Realised, apply_fill, cost_basis

__all__ = ["Lot", "Match", "PositionState", "Realised", "apply_fill", "cost_basis"]
