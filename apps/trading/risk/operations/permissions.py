"""Who may do what with risk."""

from apps.core.permissions import declare

CLAIM = declare("risk.claim", "Check orders against limits and switches, review standings (done by the product itself)")
MANAGE_OWN = declare("risk.manage_own", "Set one's own limits and use one's own kill switches")
READ = declare("risk.read", "See limits, standings, switches and measures of customers")
HALT = declare("risk.halt", "Engage kill switches, tighten limits, reduce and halt trading; ask for the way back")
APPROVE = declare("risk.approve", "Approve looser limits, lifted switches and resumed trading that others asked for")
HALT_PLATFORM = declare(
    "risk.halt_platform", "Engage the platform's kill switch, tighten its limits; ask for the way back"
)
APPROVE_PLATFORM = declare("risk.approve_platform", "Approve the lifting of the platform's kill switch and limits")
