"""Users: accounts of customers and staff, one set for each tenant and one for the platform."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """App `users`."""

    name = "apps.platform.users"
    label = "users"
