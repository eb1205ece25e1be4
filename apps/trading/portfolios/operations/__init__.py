"""What can be done with portfolios."""

from apps.trading.portfolios.operations.alerting import look_at_result, remove_result_alert, set_result_alert
from apps.trading.portfolios.operations.flows import FlowWish, add_book, record_flow, remove_book
from apps.trading.portfolios.operations.journal import (
    MOST_BYTES,
    Note,
    add_picture,
    change_note,
    choose_zone,
    remove_note,
    remove_picture,
    write_note,
)
from apps.trading.portfolios.operations.keeping import (
    archive_portfolio,
    choose_benchmark,
    create_portfolio,
    open_defaults,
    rename_portfolio,
)
from apps.trading.portfolios.operations.rebalancing import (
    advance_rebalance,
    cancel_rebalance,
    enqueue,
    place_line,
    preview_rebalance,
    set_targets,
    start_rebalance,
)
from apps.trading.portfolios.operations.sampling import sample_portfolio
from apps.trading.portfolios.operations.scheduling import (
    Rhythm,
    pause_schedule,
    remove_schedule,
    resume_schedule,
    run_schedule,
    set_schedule,
)
from apps.trading.portfolios.operations.webhooks import (
    close_day,
    deliver,
    deliver_again,
    remove_webhook,
    set_webhook,
)

__all__ = [
    "MOST_BYTES",
    "FlowWish",
    "Note",
    "Rhythm",
    "add_book",
    "add_picture",
    "advance_rebalance",
    "archive_portfolio",
    "cancel_rebalance",
    "change_note",
    "choose_benchmark",
    "choose_zone",
    "close_day",
    "create_portfolio",
    "deliver",
    "deliver_again",
    "enqueue",
    "look_at_result",
    "open_defaults",
    "pause_schedule",
    "place_line",
    "preview_rebalance",
    "record_flow",
    "remove_book",
    "remove_note",
    "remove_picture",
    "remove_result_alert",
    "remove_schedule",
    "remove_webhook",
    "rename_portfolio",
    "resume_schedule",
    "run_schedule",
    "sample_portfolio",
    "set_result_alert",
    "set_schedule",
    "set_targets",
    "set_webhook",
    "start_rebalance",
    "write_note",
]
