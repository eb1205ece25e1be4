"""What can be refused about tenants."""

from apps.core.errors import Conflict, Invalid, NotFound


class HostTaken(Conflict):
    """A host belongs to one tenant."""

    code = "tenants.host_taken"
    message = "The host {host} already belongs to a tenant. Choose another name."


class SlugNotUsable(Invalid):
    """Not a name for a host."""

    code = "tenants.slug_not_usable"
    message = "“{slug}” cannot be a host name: use 3 to 30 letters a–z, digits and hyphens, and no reserved word."


class TenantMissing(NotFound):
    """No such tenant."""

    code = "tenants.missing"
    message = "There is no tenant with this name."
