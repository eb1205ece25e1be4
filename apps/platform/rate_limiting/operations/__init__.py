"""Counting."""

from apps.platform.rate_limiting.operations.buckets import Taken, clear, give_back, limits_client, take
from apps.platform.rate_limiting.operations.lanes import (
    Lane,
    LaneAnswer,
    LaneState,
    correct_lane,
    read_lane,
    take_lanes,
    take_lanes_async,
)

__all__ = [
    "Lane",
    "LaneAnswer",
    "LaneState",
    "Taken",
    "clear",
    "correct_lane",
    "give_back",
    "limits_client",
    "read_lane",
    "take",
    "take_lanes",
    "take_lanes_async",
]
