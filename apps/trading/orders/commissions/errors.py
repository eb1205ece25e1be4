"""Refusals of commissions."""

from apps.core.errors import Conflict, Invalid, NotFound


class ScheduleMissing(NotFound):
    """No such schedule here."""

    code = "orders.commission_schedule_missing"
    message = "This commission schedule does not exist."


class ScheduleInvalid(Invalid):
    """A schedule that says nothing clear."""

    code = "orders.commission_schedule_invalid"
    message = "{why}"


class ScheduleChanged(Conflict):
    """What was asked for is not what stands there now."""

    code = "orders.commission_schedule_changed"
    message = "This schedule is {state} meanwhile."


class CommissionNotCovered(Conflict):
    """The wallet does not have what the fills of an order may be charged."""

    code = "orders.commission_not_covered"
    message = (
        "The commission of this order may come to {needed} {asset}, and {available} {asset} are free in your wallet."
        " Pay in, or choose a smaller quantity."
    )
