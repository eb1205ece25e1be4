"""Security: roles, and a second proof for the actions that need one."""

from django.apps import AppConfig


class SecurityConfig(AppConfig):
    """Installs the source of permissions and the approvable actions."""

    name = "apps.platform.security"
    label = "security"

    def ready(self) -> None:
        """Answer core's question "may this actor do this?" from here on."""
        from apps.core.permissions import register_source
        from apps.core.second_factor import register_second_factor
        from apps.platform.security import seeds, timers  # noqa: F401 - they register themselves
        from apps.platform.security.operations import CodeAtTheDesk
        from apps.platform.security.queries import RolePermissions

        register_source(RolePermissions())
        register_second_factor(CodeAtTheDesk())
