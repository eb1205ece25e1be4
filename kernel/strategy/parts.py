"""What the parts of a strategy document share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from kernel.rules import DecimalText


class Part(BaseModel):
    """Immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Percent = Annotated[DecimalText, Field(gt=0, decimal_places=4)]
