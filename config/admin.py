"""The two admin sites: the back office of a tenant, and the console of the platform. Both need a second factor."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings

from apps.core.desk import DeskSite, remember_site
from apps.platform.authentication.admin_gate import AdminGate


class BackOffice(AdminGate, DeskSite):
    """Desks of a tenant's staff."""

    registry_name = "back_office"
    site_header = site_title = "Back office"
    index_title = "Desks"


class Console(AdminGate, DeskSite):
    """Desk of the platform's staff: tenants, plans, feeds; never a customer's money."""

    registry_name = "console"
    site_header = site_title = "Platform console"
    index_title = "Platform"


back_office = BackOffice(name="admin")
console = Console(name="platform")

for app in settings.OUR_APPS:
    if find_spec(f"{app}.admin"):
        import_module(f"{app}.admin")

for site in (back_office, console):
    site.take_registered()
    remember_site(site)
