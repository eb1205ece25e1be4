"""Is the best point a plateau or a needle? Scores of neighbours, and the map over two dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kernel.lab.overfit import Floats
from kernel.lab.space import Space


@dataclass(frozen=True, slots=True)
class Plateau:
    """How the neighbours of a point fare: how many were tried, how many reach half its score, their mean score."""

    tried: int
    good: int
    mean: float | None

    @property
    def share(self) -> float:
        """Part of the neighbours that reach at least half the score (0 when none was tried)."""
        return self.good / self.tried if self.tried else 0.0


def plateau(space: Space, scores: Mapping[int, float | None], point: int, *, reach: int = 2) -> Plateau:
    """The neighbourhood of `point`: what can be reached in up to `reach` steps of one value on one dimension.

    A neighbour that could not be judged counts as a bad one; one that was not tried does not count. When the point's
    own score is not above zero there is nothing to be half as good as: `good` is 0.
    """
    around, edge = {point}, {point}
    for _ in range(reach):
        edge = {item for known in edge for item in space.neighbours(known)} - around
        around |= edge
    tried = sorted(item for item in around if item != point and item in scores)
    own = scores.get(point) or 0.0
    values = [scores[item] for item in tried]
    known = [value for value in values if value is not None]
    good = sum(value >= own / 2 for value in known) if own > 0 else 0
    return Plateau(len(tried), good, float(np.mean(known)) if known else None)


def heat_map(space: Space, scores: Mapping[int, float | None], rows: int, columns: int) -> Floats:
    """float64[values of dimension `rows`, values of `columns`]: the best score over all other dimensions; NaN: none."""
    shape = space.shape
    found = np.full((shape[rows], shape[columns]), np.nan)
    for point, score in scores.items():
        if score is None:
            continue
        places = space.places(point)
        cell = places[rows], places[columns]
        if not score <= found[cell]:
            found[cell] = score
    return found
