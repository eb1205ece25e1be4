"""Browsers an account has used, and allauth's factors as django-otp sees them."""

from typing import Any, ClassVar

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models
from django_otp.models import Device, DeviceManager

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement


class KnownDevice(BaseModel):
    """A browser that completed a log-in: its cookie's hash. Wrong passwords elsewhere do not lock it out."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "owner": DataCategory.OPERATIONAL,
        "token_hash": DataCategory.SECRET,
        "label": DataCategory.PERSONAL,
        "last_seen_at": DataCategory.OPERATIONAL,
    }

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=200, blank=True)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "token_hash"], name="one_row_per_known_device")
        ]

    def __str__(self) -> str:
        return str(self.pk)


class AllauthDeviceManager(DeviceManager):  # type: ignore[misc]  # the library ships no types
    """Presents allauth's factors as confirmed devices; `devices_for_user` asks here."""

    def devices_for_user(self, user: Any, confirmed: bool | None = None) -> list["AllauthDevice"]:
        """Return a device for each factor of the user; there are no unconfirmed ones."""
        if confirmed is False:
            return []
        factors = Authenticator.objects.filter(user_id=user.pk)
        return [AllauthDevice(id=row.pk, user_id=user.pk, name=row.type, confirmed=True) for row in factors]


class AllauthDevice(Device):  # type: ignore[misc]  # the library ships no types
    """A factor that allauth stores, in django-otp's words. It has no table of its own."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "id": DataCategory.OPERATIONAL,
        "user": DataCategory.OPERATIONAL,
        "name": DataCategory.OPERATIONAL,
        "confirmed": DataCategory.OPERATIONAL,
    }

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    objects = AllauthDeviceManager()

    class Meta:
        managed = False
        default_permissions = ()

    def verify_token(self, token: str) -> bool:
        """Return whether allauth accepts the code; an accepted one is used up."""
        factor = Authenticator.objects.filter(pk=self.pk, user_id=self.user_id).first()
        return bool(factor and factor.type != Authenticator.Type.WEBAUTHN and factor.wrap().validate_code(token))
