"""Writes of positions: books, fills, corrections, what a reset leaves, contract accounts."""

from apps.trading.positions.executions import fill_id_of, listen
from apps.trading.positions.first_seen import ask_first_seen
from apps.trading.positions.operations.booking import RECORD, FillFacts, apply_fill, open_book, write_off
from apps.trading.positions.operations.contracts import (
    CONTRACTS,
    Band,
    nudge,
    open_contracts,
    protect_contracts,
    request_move,
    reset_contracts,
    set_hedge,
)
from apps.trading.positions.operations.correcting import CORRECT, Change, correct_position
from apps.trading.positions.operations.executing import advance_account, answer_request, send_requests, take_request
from apps.trading.positions.operations.modes import choose_mode, guard_mode, hold_mode
from apps.trading.positions.operations.reading import read_account
from apps.trading.positions.operations.terms import choose_terms

__all__ = [
    "CONTRACTS",
    "CORRECT",
    "RECORD",
    "Band",
    "Change",
    "FillFacts",
    "advance_account",
    "answer_request",
    "apply_fill",
    "ask_first_seen",
    "choose_mode",
    "choose_terms",
    "correct_position",
    "fill_id_of",
    "guard_mode",
    "hold_mode",
    "listen",
    "nudge",
    "open_book",
    "open_contracts",
    "protect_contracts",
    "read_account",
    "request_move",
    "reset_contracts",
    "send_requests",
    "set_hedge",
    "take_request",
    "write_off",
]
