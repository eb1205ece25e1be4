"""Kill switches: one row each, kept when lifted."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from apps.core.models.base import BaseModel
from apps.core.placement import Placement
from apps.core.triggers import no_delete
from apps.trading.risk.choices import Scope
from apps.trading.risk.models.limits import OPERATIONAL

FACTS: dict[str, Any] = dict.fromkeys(
    ("is_engaged", "flattens", "by_staff", "engaged_at", "lifted_at", "times"), OPERATIONAL
)


class KillSwitch(BaseModel):
    """The switch of a bot, a customer or the tenant; the platform's is mirrored here, so that its work is done here."""

    data_categories: ClassVar = {**FACTS, **dict.fromkeys(("scope", "subject_id", "owner"), OPERATIONAL)}

    scope = models.CharField(max_length=8, choices=Scope.choices)
    subject_id = models.UUIDField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True)
    is_engaged = models.BooleanField(default=False)
    flattens = models.BooleanField(default=True)
    by_staff = models.BooleanField(default=False)
    engaged_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["scope", "subject_id"], name="one_kill_switch", nulls_distinct=False),
            models.CheckConstraint(
                condition=models.Q(scope__in=[Scope.TENANT.value, Scope.PLATFORM.value], subject_id__isnull=True)
                | models.Q(
                    scope__in=[Scope.BOT.value, Scope.CUSTOMER.value], subject_id__isnull=False, owner__isnull=False
                ),
                name="kill_switch_has_its_subject",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["scope", "subject_id"], condition=models.Q(is_engaged=True), name="switch_engaged")
        ]
        triggers: ClassVar = [no_delete("killswitch")]

    def __str__(self) -> str:
        return f"kill switch, {self.get_scope_display().lower()}"


class PlatformSwitch(BaseModel):
    """The one switch of the whole platform."""

    placement = Placement.PUBLIC
    data_categories: ClassVar = {**FACTS, "name": OPERATIONAL}

    name = models.CharField(max_length=8, unique=True, default=Scope.PLATFORM.value)
    is_engaged = models.BooleanField(default=False)
    flattens = models.BooleanField(default=True)
    by_staff = models.BooleanField(default=True)
    engaged_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = "platform's kill switch"
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(name=Scope.PLATFORM.value), name="one_platform_switch")
        ]
        triggers: ClassVar = [no_delete("platformswitch")]

    def __str__(self) -> str:
        return "kill switch of the platform"
