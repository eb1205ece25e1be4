"""Mail at the platform desk: whether it left, never what it says."""

from apps.core.desk import Desk, LedgerAdmin, desk_admin
from apps.platform.notifications.models import OutgoingMail


@desk_admin(OutgoingMail)
@desk_admin(OutgoingMail, site="console")
class OutgoingMailAdmin(LedgerAdmin):
    """State of each mail; address and text stay sealed."""

    desk = Desk.PLATFORM
    list_display = ("created_at", "state", "attempts", "sent_at", "last_error")
    list_filter = ("state",)
    fields = ("created_at", "state", "attempts", "sent_at", "last_error")
    ordering = ("-id",)
