"""Refusals of trades that staff book."""

from apps.core.errors import Conflict, Invalid, NotAllowed, NotFound


class StaffTradeInvalid(Invalid):
    """A trade that says nothing clear."""

    code = "orders.staff_trade_invalid"
    message = "{why}"


class StaffTradeMissing(NotFound):
    """No such trade here."""

    code = "orders.staff_trade_missing"
    message = "This booked trade does not exist."


class AlreadyCountered(Conflict):
    """A trade is taken back once, and what takes it back is not taken back itself."""

    code = "orders.already_countered"
    message = "This trade has its counter-trade already, or is one."


class OnlyStaffBooks(NotAllowed):
    """Not staff, or not proved by a second factor in this session."""

    code = "orders.only_staff_books"
    message = "This is for staff who logged in with a second factor."
