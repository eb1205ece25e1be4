"""Writes on risk: claims of orders, limits, switches, states, reviews."""

from apps.trading.risk.operations.claiming import (
    OrderProposal,
    amend_claim,
    check_may_send,
    claim_risk,
    release_claim,
    shrink_claim,
)
from apps.trading.risk.operations.directory import BotDirectory, names_of_bots, register_bots
from apps.trading.risk.operations.limiting import (
    apply_profile,
    set_group,
    set_limit,
    set_own_limit,
    set_platform_limit,
    take_effect,
)
from apps.trading.risk.operations.measuring import store_measures
from apps.trading.risk.operations.permissions import (
    APPROVE,
    APPROVE_PLATFORM,
    CLAIM,
    HALT,
    HALT_PLATFORM,
    MANAGE_OWN,
    READ,
)
from apps.trading.risk.operations.reviewing import ask_resume, restrict, resume_own, review
from apps.trading.risk.operations.switching import (
    ask_lift,
    ask_lift_platform,
    engage_own_switch,
    engage_platform_switch,
    engage_switch,
    follow_platform,
    lift_own_switch,
)

__all__ = [
    "APPROVE",
    "APPROVE_PLATFORM",
    "CLAIM",
    "HALT",
    "HALT_PLATFORM",
    "MANAGE_OWN",
    "READ",
    "BotDirectory",
    "OrderProposal",
    "amend_claim",
    "apply_profile",
    "ask_lift",
    "ask_lift_platform",
    "ask_resume",
    "check_may_send",
    "claim_risk",
    "engage_own_switch",
    "engage_platform_switch",
    "engage_switch",
    "follow_platform",
    "lift_own_switch",
    "names_of_bots",
    "register_bots",
    "release_claim",
    "restrict",
    "resume_own",
    "review",
    "set_group",
    "set_limit",
    "set_own_limit",
    "set_platform_limit",
    "shrink_claim",
    "store_measures",
    "take_effect",
]
