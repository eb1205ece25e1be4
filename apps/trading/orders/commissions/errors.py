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
