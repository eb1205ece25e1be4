"""Permissions of this app."""

from apps.core.permissions import declare

MANAGE = declare("instruments.manage", "Add and change instruments")
WATCH = declare("instruments.watch", "Keep own watchlists and alerts")
CHECK = declare("instruments.check_alerts", "Look at the alerts of a tenant")
