"""What a document of version 2 may ask for beyond entry, exit and size: how a position and an account are managed.

Everything is looked at when a bar has closed, live and in history alike; what it asks for fills at the next open.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from kernel.rules import Condition, DecimalText
from kernel.strategy.parts import Part, Percent

Bars = Annotated[int, Field(strict=True, ge=1, le=100_000)]
RangeBars = Annotated[int, Field(strict=True, ge=1, le=500, description="Bars the mean true range is taken over")]
Multiple = Annotated[DecimalText, Field(gt=0, le=100, decimal_places=4)]


class RangeStop(Part):
    """Sell at a close `multiple` × the mean true range of the last `bars` bars below the anchor.

    `entry` is the average entry price, `peak` the highest close since the entry.
    """

    bars: RangeBars = 14
    multiple: Multiple = Decimal(3)
    anchor: Literal["entry", "peak"] = "peak"


class ExitRule(Part):
    """One more reason to sell: the condition, and every guard that is given, hold at a close."""

    condition: Condition
    held_bars: Bars | None = None
    profit_percent: Annotated[Percent, Field(le=100_000)] | None = None
    loss_percent: Annotated[Percent, Field(lt=100)] | None = None


class ScaleIn(Part):
    """Buy more while holding: the condition holds, `bars_between` bars after the last purchase, under the guards.

    Each purchase has the size of an entry. `entries` counts the first one, too. `loss_percent` buys only below, and
    `profit_percent` only above the average entry price by so much.
    """

    condition: Condition
    entries: int = Field(strict=True, ge=2, le=20)
    bars_between: Bars = 1
    profit_percent: Annotated[Percent, Field(le=100_000)] | None = None
    loss_percent: Annotated[Percent, Field(lt=100)] | None = None


class RiskedRange(Part):
    """Buy as much as loses `risk_percent` of the equity when the price falls `multiple` × the mean true range."""

    kind: Literal["risked_range"]
    risk_percent: DecimalText = Field(gt=0, le=100, decimal_places=4)
    bars: RangeBars = 14
    multiple: Multiple = Decimal(2)


class Kelly(Part):
    """Spend the part of the equity that Kelly's rule stakes, at most `cap_percent` of it.

    `win_rate` (0 … 1) and `payoff` (average win over average loss) are what its author expects; `share` is the part of
    the full stake that is taken (0.5 is half Kelly).
    """

    kind: Literal["kelly"]
    win_rate: DecimalText = Field(gt=0, lt=1, decimal_places=4)
    payoff: DecimalText = Field(gt=0, le=1_000, decimal_places=4)
    share: DecimalText = Field(default=Decimal("0.5"), gt=0, le=1, decimal_places=4)
    cap_percent: DecimalText = Field(default=Decimal(20), gt=0, le=100, decimal_places=4)
