"""Reading users."""

from uuid import UUID

from apps.platform.users.errors import UserMissing
from apps.platform.users.models import User


def get_user(user_id: UUID) -> User:
    """Return a user of this schema, or raise UserMissing."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        raise UserMissing
    return user


def get_user_by_email(email: str) -> User | None:
    """Return the user of an address, or None."""
    return User.objects.filter(email=User.objects.normalize_email(email)).first()
