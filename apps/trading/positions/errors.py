"""What can be refused about positions."""

from apps.core.errors import Defect, NotFound


class BookMissing(NotFound):
    """No such book of this customer."""

    code = "positions.book_missing"
    message = "There is no such book."


class PositionMissing(NotFound):
    """No such position of this customer."""

    code = "positions.position_missing"
    message = "You have no such position."


class AmountTooFine(Defect):
    """An amount has more than 18 decimals, so that storing it would change it."""

    code = "positions.amount_too_fine"
    message = "The amount {amount} is finer than our books."
