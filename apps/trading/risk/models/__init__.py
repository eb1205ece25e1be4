"""Tables of risk."""

from apps.trading.risk.models.claims import RiskClaim, RiskMeasure
from apps.trading.risk.models.limits import CorrelationGroup, PlatformRiskLimit, RiskLimit, RiskStanding
from apps.trading.risk.models.switches import KillSwitch, PlatformSwitch

__all__ = [
    "CorrelationGroup",
    "KillSwitch",
    "PlatformRiskLimit",
    "PlatformSwitch",
    "RiskClaim",
    "RiskLimit",
    "RiskMeasure",
    "RiskStanding",
]
