"""What can be refused about algorithms."""

from apps.core.errors import Conflict, Invalid, NotFound


class AlgoMissing(NotFound):
    """No such algorithm of this customer."""

    code = "orders.algo_missing"
    message = "You have no such order."


class AlgoDoesNotFit(Invalid):
    """The figures of an algorithm contradict each other or the exchange's grid."""

    code = "orders.algo_does_not_fit"
    message = "{reason}"


class AlgoHistoryMissing(Invalid):
    """Not all candles of the time are there."""

    code = "orders.algo_history_missing"
    message = "Of the {wanted} candles of 5 minutes of this time {missing} are not recorded."


class AlgoOver(Conflict):
    """The algorithm is over or ends."""

    code = "orders.algo_over"
    message = "This order is over already."
