"""Who may do what with limits."""

from apps.core.permissions import declare

READ = declare("limits.read", "See tiers, limits and what customers used of them")
SET_TIER = declare("limits.set_tier", "Set the tier of a customer; the highest one waits for a second person")
PROPOSE = declare("limits.propose", "Propose other limits and thresholds")
APPROVE = declare("limits.approve", "Approve limits, thresholds and the highest tier that somebody else asked for")
CONSUME = declare("limits.consume", "Use up limits, give back, make first rows (done by the product itself)")
