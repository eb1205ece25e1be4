"""Margin of linear perpetual contracts: requirements, liquidation prices, funding, staged reduction, hedges. Exact."""

from kernel.margin.account import MarginAccount, MarginState, state_of
from kernel.margin.brackets import Bracket, bracket_of, build_brackets, maintenance_of
from kernel.margin.contracts import (
    Leg,
    funding_payment,
    initial_margin,
    isolated_liquidation_price,
    liquidation_price,
    maintenance_margin,
    margin_rate,
    notional,
    published_liquidation_price,
    return_percent,
    unrealised,
)
from kernel.margin.hedging import HedgeBand, HedgeDecision, decide_hedge
from kernel.margin.reduction import DEFAULT_STAGES, Reduction, Stage, due_stage, plan_reduction

__all__ = [
    "DEFAULT_STAGES",
    "Bracket",
    "HedgeBand",
    "HedgeDecision",
    "Leg",
    "MarginAccount",
    "MarginState",
    "Reduction",
    "Stage",
    "bracket_of",
    "build_brackets",
    "decide_hedge",
    "due_stage",
    "funding_payment",
    "initial_margin",
    "isolated_liquidation_price",
    "liquidation_price",
    "maintenance_margin",
    "maintenance_of",
    "margin_rate",
    "notional",
    "plan_reduction",
    "published_liquidation_price",
    "return_percent",
    "state_of",
    "unrealised",
]
