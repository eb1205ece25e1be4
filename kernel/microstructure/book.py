"""Figures over an order book; floats, levels as (price, quantity) best first."""

from collections.abc import Sequence

Level = tuple[float, float]


def micro_price(bid: Level, ask: Level) -> float:
    """Mid price weighted by the other side's size: (Pᵃqᵇ + Pᵇqᵃ) ÷ (qᵃ + qᵇ) (Gatheral & Oomen 2010)."""
    sizes = bid[1] + ask[1]
    return (ask[0] * bid[1] + bid[0] * ask[1]) / sizes if sizes > 0 else (bid[0] + ask[0]) / 2


def imbalance(bid_size: float, ask_size: float) -> float | None:
    """(qᵇ − qᵃ) ÷ (qᵇ + qᵃ), −1…1 (Cao, Hansch & Wang 2009); None without sizes."""
    sizes = bid_size + ask_size
    return (bid_size - ask_size) / sizes if sizes > 0 else None


def depth_within(levels: Sequence[Level], mid: float, fraction: float) -> float:
    """Base quantity resting at prices no farther from `mid` than `fraction` of it."""
    reach = mid * fraction
    return sum(quantity for price, quantity in levels if abs(price - mid) <= reach)


def order_flow_imbalance(before: tuple[Level, Level], after: tuple[Level, Level]) -> float:
    """Net change of supply and demand at the best prices between two states, each (bid, ask), in base.

    eₙ = 1{Pᵇₙ ≥ Pᵇₙ₋₁} qᵇₙ − 1{Pᵇₙ ≤ Pᵇₙ₋₁} qᵇₙ₋₁ − 1{Pᵃₙ ≤ Pᵃₙ₋₁} qᵃₙ + 1{Pᵃₙ ≥ Pᵃₙ₋₁} qᵃₙ₋₁
    (Cont, Kukanov & Stoikov 2014, "The price impact of order book events").
    """
    (old_bid, old_bid_size), (old_ask, old_ask_size) = before
    (bid, bid_size), (ask, ask_size) = after
    flow = 0.0
    if bid >= old_bid:
        flow += bid_size
    if bid <= old_bid:
        flow -= old_bid_size
    if ask <= old_ask:
        flow -= ask_size
    if ask >= old_ask:
        flow += old_ask_size
    return flow
