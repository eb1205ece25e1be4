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


class AlgoOver(Conflict):
    """The algorithm is over or ends."""

    code = "orders.algo_over"
    message = "This order is over already."
