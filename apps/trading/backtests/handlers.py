"""What follows when a back-test is over."""

from apps.core.models import OutboxEvent
from apps.core.outbox import handles
from apps.platform.notifications.choices import NotificationTopic, declare_topic
from apps.platform.notifications.operations import notify
from apps.trading.backtests.choices import RunState
from apps.trading.backtests.queries import get_run
from kernel.events.strategy import BacktestFinished

DONE = declare_topic(
    NotificationTopic(
        name="backtests.done",
        title="Back-test done",
        text="{strategy} on {symbol} is tested. See how it did against holding.",
        icon="backtest",
        tone="good",
        path="/backtests/{run_id}/",
    )
)
FAILED = declare_topic(
    NotificationTopic(
        name="backtests.failed",
        title="Back-test stopped",
        text="{strategy} on {symbol}: {reason}",
        icon="backtest",
        tone="warn",
        path="/backtests/{run_id}/",
    )
)


@handles(BacktestFinished, name="backtests.tell_owner")
def tell_owner(event: BacktestFinished, _row: OutboxEvent) -> None:
    """Put the end of a back-test into its owner's inbox."""
    run = get_run(event.run_id, event.owner_id)
    params = {"run_id": str(run.pk), "strategy": run.version.strategy.name, "symbol": run.symbol}
    topic = DONE if run.state == RunState.DONE else FAILED
    if topic is FAILED:
        params["reason"] = run.error_message
    notify(event.owner_id, topic.name, params, dedupe_key=f"backtest:{run.pk}")
