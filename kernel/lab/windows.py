"""Which bars parameters are fitted on, and which they are then tried on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fold:
    """One step forward: fit on bars fit_first … fit_last − 1, try on bars test_first … test_last − 1.

    Bars between fit_last and test_first (the embargo) are used for neither, so that a position or an average that
    reaches over the edge carries nothing of the one into the score of the other.
    """

    number: int
    fit_first: int
    fit_last: int
    test_first: int
    test_last: int


def walk_forward_folds(
    bars: int, *, folds: int, fit_ratio: int = 3, anchored: bool = False, embargo: int = 0
) -> tuple[Fold, ...]:
    """Folds over `bars` bars, oldest first; the tests follow each other without a gap and end with the last bar.

    The first fit is `fit_ratio` times as long as a test (and takes the remainder of the division). Anchored folds all
    start fitting at bar 0, rolling ones fit on as many bars as the first. Sources: R. Pardo, The Evaluation and
    Optimization of Trading Strategies, 2nd ed. 2008, ch. 11; for the embargo M. López de Prado, Advances in Financial
    Machine Learning, 2018, ch. 7. Raises ValueError when a test would have fewer than 2 bars.
    """
    if folds < 1 or fit_ratio < 1 or embargo < 0:
        raise ValueError("folds and fit_ratio are at least 1, the embargo at least 0")
    test = (bars - embargo) // (folds + fit_ratio)
    if test < 2:
        raise ValueError(f"{bars} bars are too few for {folds} folds")
    fit = bars - embargo - folds * test
    made = []
    for number in range(folds):
        fit_last = fit + number * test
        first = 0 if anchored else number * test
        start = fit_last + embargo
        made.append(Fold(number + 1, first, fit_last, start, start + test))
    return tuple(made)
