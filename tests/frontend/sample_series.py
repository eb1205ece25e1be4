"""Seeded series for the sample pages."""

import random

DAY = 86_400
START = 1_741_046_400


def walk(seed: int, steps: int, *, start: float, swing: float, drift: float = 0.0) -> list[str]:
    """A seeded random walk as decimal strings."""
    source = random.Random(seed)
    value, values = start, []
    for _ in range(steps):
        values.append(f"{value:.2f}")
        value *= 1 + source.gauss(drift, swing)
    return values


def spark(seed: int) -> str:
    """Points of a small line in a 100 × 24 box."""
    source = random.Random(seed)
    level, points = 12.0, []
    for at in range(29):
        level = min(23.0, max(1.0, level + source.uniform(-3, 3)))
        points.append(f"{at * 100 / 28:.1f},{24 - level:.1f}")
    return " ".join(points)
