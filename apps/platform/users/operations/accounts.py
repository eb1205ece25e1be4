"""Making and closing accounts."""

from uuid import UUID

from apps.core import outbox
from apps.core.actors import Actor
from apps.core.operation import operation
from apps.core.permissions import declare
from apps.platform.users.errors import AddressTaken, UserMissing
from apps.platform.users.models import User
from kernel.events.platform import UserDeactivated, UserRegistered

MANAGE_USERS = declare("users.manage", "Invite, disable and re-enable accounts")


@operation("users.register_user", permission=None)
def register_user(
    *, actor: Actor, email: str, password: str | None, display_name: str = "", is_staff: bool = False
) -> User:
    """Make an account and return it. Raises AddressTaken; faces must not tell a stranger that it was."""
    address = User.objects.normalize_email(email)
    if User.objects.filter(email=address).exists():
        raise AddressTaken(field="email")
    user = User.objects.create_user(address, password, display_name=display_name, is_staff=is_staff)
    outbox.publish(UserRegistered(user_id=user.pk), actor=actor)
    return user


@operation("users.deactivate_user", permission=MANAGE_USERS, audited=("user_id",))
def deactivate_user(*, actor: Actor, user_id: UUID, reason: str) -> User:
    """Close an account: nobody can log in to it, and everything it runs is told to stop."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise UserMissing
    user.is_active = False
    user.save(update_fields=["is_active"])
    outbox.publish(UserDeactivated(user_id=user.pk), actor=actor)
    return user
