"""What can be refused about back-tests."""

from apps.core.errors import Conflict, Invalid, LimitReached, NotFound


class BacktestMissing(NotFound):
    """The person has no such back-test."""

    code = "backtests.not_found"
    message = "You have no such back-test. It may belong to somebody else."


class BacktestNotDone(Conflict):
    """There is no result yet, or there never will be."""

    code = "backtests.not_done"
    message = "This back-test is {state}: it has no result."


class AlreadyOver(Conflict):
    """What is over cannot be called off."""

    code = "backtests.already_over"
    message = "This back-test is {state} already."


class EmptySpan(Invalid):
    """The start is not before the end."""

    code = "backtests.empty_span"
    message = "The start must be before the end."


class SpanTooLong(Invalid):
    """More candles than one back-test takes."""

    code = "backtests.span_too_long"
    message = "This span has {bars:,} candles of {interval}; one back-test takes at most {most:,}. Shorten it."


class NoCandles(Invalid):
    """No candle is recorded in the span."""

    code = "backtests.no_candles"
    message = "There are no candles of {symbol} in this span. {available}"


class TooFewCandles(Invalid):
    """The rules need more candles than there are."""

    code = "backtests.too_few_candles"
    message = (
        "These rules need {needed} candles before their first decision, and two more to trade on; "
        "this span offers {given}. Start earlier or end later."
    )


class BadCosts(Invalid):
    """Money or costs are outside what can be simulated."""

    code = "backtests.bad_amount"
    message = "{reason}"


class AmountsTooLarge(Invalid):
    """An amount would leave the range in which every sum is exact."""

    code = "backtests.amounts_too_large"
    message = "With this much money the sums leave the exact range. Start with less."


class TooManyOpen(LimitReached):
    """The person waits for as many back-tests as are allowed."""

    code = "backtests.too_many_open"
    message = "You have {most} back-tests waiting or running. Wait for one, or cancel it."


class StudyMissing(NotFound):
    """The person has no such study."""

    code = "backtests.study_not_found"
    message = "You have no such study. It may belong to somebody else."


class StudyOver(Conflict):
    """What is over can be neither paused, resumed nor called off."""

    code = "backtests.study_over"
    message = "This study is {state}."


class BadSpace(Invalid):
    """The numbers to try do not fit the strategy, or there are too many combinations."""

    code = "backtests.bad_space"
    message = "{reason}"


class StudyTooLarge(Invalid):
    """More work than one study may be."""

    code = "backtests.study_too_large"
    message = (
        "This is {trials:,} trials over {bars:,} candles. One study takes {most_trials:,} trials, and at most "
        "{most_work:,} candles over all trials. Try fewer numbers or a shorter span."
    )


class TooManyStudies(LimitReached):
    """The person has as many studies under way as are allowed."""

    code = "backtests.too_many_studies"
    message = "You have {most} studies running or paused. Wait for one, or cancel it."
