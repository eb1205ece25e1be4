"""Tenants: who rents the platform, under which hosts, in which schema."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    """App `tenants`."""

    name = "apps.platform.tenants"
    label = "tenants"
