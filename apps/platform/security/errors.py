"""What can be refused about roles and second proofs."""

from typing import ClassVar

from apps.core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound


class UnknownRole(Invalid):
    """No such role here."""

    code = "security.unknown_role"
    message = "“{role}” is not a role here."


class OwnRole(NotAllowed):
    """Nobody changes their own rights."""

    code = "security.own_role"
    message = "You cannot change your own roles. Ask another administrator."


class RolesExclude(Conflict):
    """Two roles that check each other."""

    code = "security.roles_exclude"
    message = "One person cannot be “{role}” and “{other}” at the same time."


class RoleMissing(NotFound):
    """The person does not have the role."""

    code = "security.role_missing"
    message = "This person does not have this role."


class LastOwner(Conflict):
    """Somebody has to own the organisation."""

    code = "security.last_owner"
    message = "This is the last owner. Make somebody else an owner first."


class NotStaff(Invalid):
    """Staff roles are for staff."""

    code = "security.not_staff"
    message = "This account is not a staff account."


class StepUpRequired(DomainError):
    """The action needs a fresh code of the second factor, for exactly this."""

    http_status: ClassVar[int] = 401
    code = "security.step_up_required"
    message = "Confirm this with a code of your second factor, then send it again."


class StepUpMissing(NotFound):
    """No such request for a second proof in this session."""

    code = "security.step_up_missing"
    message = "This confirmation does not exist, is used, or is over. Start again."


class StepUpNeedsSession(NotAllowed):
    """Keys of programs never confirm."""

    code = "security.step_up_needs_session"
    message = "An API key cannot do this. Sign in and confirm with your second factor."
