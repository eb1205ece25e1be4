"""Tables of limits: policy (four eyes), what was used up (append-only), and the tier of each customer."""

from apps.compliance.limits.models.policy import LimitRow, ScreeningThreshold, VelocityRow
from apps.compliance.limits.models.uses import CustomerTier, LimitUse

__all__ = ["CustomerTier", "LimitRow", "LimitUse", "ScreeningThreshold", "VelocityRow"]
