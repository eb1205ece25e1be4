"""The trail at the compliance desk: filtered, searched by id, never changed."""

from django.contrib import admin

from apps.core.desk import Desk, LedgerAdmin, desk_admin
from apps.core.models import AuditEvent, AuditSeal


@desk_admin(AuditEvent)
@desk_admin(AuditEvent, site="console")
class AuditEventAdmin(LedgerAdmin):
    """One row for each operation, with the seal it lies under."""

    desk = Desk.COMPLIANCE
    list_display = ("at", "operation", "outcome", "actor_kind", "actor_label", "object_type", "object_id", "is_sealed")
    list_filter = ("outcome", "actor_kind", "operation", "at")
    search_fields = ("object_id", "actor_label", "request_id")
    search_help_text = "Id of an object, an actor or a request"
    list_select_related = ("seal",)
    ordering = ("-id",)

    @admin.display(boolean=True, description="Sealed")
    def is_sealed(self, event: AuditEvent) -> bool:
        """Return whether the row lies under a seal."""
        return event.seal_id is not None


@desk_admin(AuditSeal)
@desk_admin(AuditSeal, site="console")
class AuditSealAdmin(LedgerAdmin):
    """The chain of seals."""

    desk = Desk.COMPLIANCE
    list_display = ("number", "created_at", "row_count", "first_id", "last_id", "hash")
    ordering = ("-number",)
