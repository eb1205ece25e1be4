"""What can be refused about positions."""

from apps.core.errors import Conflict, Defect, Invalid, NotFound, Unavailable


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


class NothingToMove(Invalid):
    """A withdrawal of more than is there, or an amount that is not positive."""

    code = "positions.nothing_to_move"
    message = "There is no {symbol} of that quantity to move."


class CorrectionUnclear(Invalid):
    """A correction lacks what it needs."""

    code = "positions.correction_unclear"
    message = "A correction needs a quantity, a price above zero and a reason."


class KeyTaken(Conflict):
    """A key was used for another correction."""

    code = "positions.key_taken"
    message = "This key stands for another correction already."


class ContractsMissing(NotFound):
    """No contracts wallet of this customer."""

    code = "positions.contracts_missing"
    message = "You have no such wallet for contracts."


class NoContractsHere(Invalid):
    """The exchange of a connection has no contracts we know."""

    code = "positions.no_contracts_here"
    message = "We know no perpetual contracts at this exchange."


class BandUnclear(Invalid):
    """A hedge band is not in order."""

    code = "positions.band_unclear"
    message = "A band needs low ≤ target ≤ high and a largest order above zero."


class GroupingUnknown(Invalid):
    """Results cannot be summed by that."""

    code = "positions.grouping_unknown"
    message = "Results cannot be summed by “{name}”; known are {known}."


class ContractUnknown(Invalid):
    """The exchange did not show this contract yet, or has none of this name."""

    code = "positions.contract_unknown"
    message = (
        "The wallet for contracts shows no {symbol} yet. Open it on the positions page, and wait until it is read."
    )


class LeverageUnclear(Invalid):
    """A leverage that the contract does not have."""

    code = "positions.leverage_unclear"
    message = "The leverage of {symbol} goes from 1 to {most}."


class ContractsAway(Unavailable):
    """The exchange did not show a contract account."""

    code = "positions.contracts_away"
    message = "The exchange did not show the contracts wallet: {reason}"


class AmountUnclear(Invalid):
    """An amount to move is zero, or too large."""

    code = "positions.amount_unclear"
    message = "Give an amount above zero."
