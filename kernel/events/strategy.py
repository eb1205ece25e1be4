"""Events of strategies and back-tests."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import DomainEvent, event


@event
@dataclass(frozen=True, kw_only=True)
class BacktestFinished(DomainEvent):
    """A back-test is over by itself: `state` is done or failed. One that its owner cancelled is not announced."""

    name: ClassVar[str] = "backtests.backtest_finished"
    run_id: UUID
    owner_id: UUID
    state: str
