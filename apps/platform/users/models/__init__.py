"""The account of a person."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from apps.core.models.base import BaseModel
from apps.core.placement import DataCategory, Placement
from apps.core.sealing import Ring, SealedField, open_field


class UserManager(BaseUserManager["User"]):
    """Makes users; the address is normalised to lower case, so one person has one spelling."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Return a new user. Without a password the account can only be entered by a reset link."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address in lower case, without spaces around it."""
        return (email or "").strip().lower()


class User(AbstractBaseUser, BaseModel):
    """A customer or a member of staff. Deactivated, never deleted: records name it."""

    placement = Placement.BOTH
    data_categories: ClassVar = {
        "password": DataCategory.SECRET,
        "last_login": DataCategory.OPERATIONAL,
        "email": DataCategory.IDENTIFIER,
        "display_name": DataCategory.PERSONAL,
        "is_staff": DataCategory.OPERATIONAL,
        "is_active": DataCategory.OPERATIONAL,
        "language": DataCategory.OPERATIONAL,
    }
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []
    is_superuser = False

    email = models.EmailField(unique=True)
    display_name = SealedField(ring=Ring.PERSONAL, blank=True, default=b"")
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=10, default="en")

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        """Return the name the person chose, or the part of the address before the @."""
        return open_field(self, "display_name") or self.email.partition("@")[0]

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether the person is active staff; desks ask for their own permissions beyond that."""
        return self.is_active and self.is_staff

    def has_perms(self, perm_list: Any, obj: Any = None) -> bool:
        """Return whether all of them are held."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the person is active staff."""
        return self.is_active and self.is_staff
