"""Writes of orders: intent first, sent once, settled by asking, booked once."""

from apps.trading.orders.operations.amending import advance_replacement, amend_order, transmit_amend
from apps.trading.orders.operations.backfilling import Backfilled, backfill_connection, backfill_ledger
from apps.trading.orders.operations.cancelling import cancel_all, cancel_order, request_cancel, transmit_cancel
from apps.trading.orders.operations.checking import NewOrder, NewTerms
from apps.trading.orders.operations.contracts import (
    answer_for,
    close_contract,
    closing_order,
    execute_request,
    follow_executions,
    guard_mode,
    read_executions,
)
from apps.trading.orders.operations.ending import end_in_time
from apps.trading.orders.operations.groups import Exit, NewGroup, advance_group, cancel_group, place_group
from apps.trading.orders.operations.incidents import note_incident, resolve_incidents
from apps.trading.orders.operations.opening import first_seen_at, open_mirror
from apps.trading.orders.operations.pairing import claim_pair, send_group
from apps.trading.orders.operations.placing import (
    TRADE,
    BotOrder,
    PlacedFor,
    place_bot_order,
    place_for,
    place_order,
)
from apps.trading.orders.operations.reconciling import Report, reconcile_connection
from apps.trading.orders.operations.recording import RECORD, record_fills, record_outcome
from apps.trading.orders.operations.resetting import count_active_bots, reset_paper_account
from apps.trading.orders.operations.safety import Limits, limits_of, loosens, set_limits
from apps.trading.orders.operations.sending import (
    Claimed,
    abandon_order,
    claim_order,
    send_order,
    transmit,
)
from apps.trading.orders.operations.settling import settle_order
from apps.trading.orders.operations.stopping import Stopped, close_scope, stop_scope, take_back_all
from apps.trading.orders.operations.streams import note_stream, release_stream, renew_stream, take_stream
from apps.trading.orders.operations.triggering import look_at, look_at_held, trigger_order

__all__ = [
    "RECORD",
    "TRADE",
    "Backfilled",
    "BotOrder",
    "Claimed",
    "Exit",
    "Limits",
    "NewGroup",
    "NewOrder",
    "NewTerms",
    "PlacedFor",
    "Report",
    "Stopped",
    "abandon_order",
    "advance_group",
    "advance_replacement",
    "amend_order",
    "answer_for",
    "backfill_connection",
    "backfill_ledger",
    "cancel_all",
    "cancel_group",
    "cancel_order",
    "claim_order",
    "claim_pair",
    "close_contract",
    "close_scope",
    "closing_order",
    "count_active_bots",
    "end_in_time",
    "execute_request",
    "first_seen_at",
    "follow_executions",
    "guard_mode",
    "limits_of",
    "look_at",
    "look_at_held",
    "loosens",
    "note_incident",
    "note_stream",
    "open_mirror",
    "place_bot_order",
    "place_for",
    "place_group",
    "place_order",
    "read_executions",
    "reconcile_connection",
    "record_fills",
    "record_outcome",
    "release_stream",
    "renew_stream",
    "request_cancel",
    "reset_paper_account",
    "resolve_incidents",
    "send_group",
    "send_order",
    "set_limits",
    "settle_order",
    "stop_scope",
    "take_back_all",
    "take_stream",
    "transmit",
    "transmit_amend",
    "transmit_cancel",
    "trigger_order",
]
