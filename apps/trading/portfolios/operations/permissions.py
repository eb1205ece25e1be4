"""Permissions of this app."""

from apps.core.permissions import declare

MANAGE = declare("portfolios.manage", "Keep own portfolios, journal and alerts on results")
RUN = declare("portfolios.run", "Note values of portfolios and look after them (done by the product itself)")
