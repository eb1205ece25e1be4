"""Writes on limits, and the registry of screenings."""

from apps.compliance.limits.operations.changing import change_limit, change_threshold, change_velocity, put_defaults
from apps.compliance.limits.operations.consuming import check_and_consume, give_back
from apps.compliance.limits.operations.permissions import APPROVE, CONSUME, PROPOSE, READ, SET_TIER
from apps.compliance.limits.operations.screening import (
    Screening,
    ScreeningRequest,
    Verdict,
    register_screening,
    screen,
)
from apps.compliance.limits.operations.tiers import set_tier, start_customer

__all__ = [
    "APPROVE",
    "CONSUME",
    "PROPOSE",
    "READ",
    "SET_TIER",
    "Screening",
    "ScreeningRequest",
    "Verdict",
    "change_limit",
    "change_threshold",
    "change_velocity",
    "check_and_consume",
    "give_back",
    "put_defaults",
    "register_screening",
    "screen",
    "set_tier",
    "start_customer",
]
