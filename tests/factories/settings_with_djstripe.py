"""The test settings with dj-stripe switched on, as billing will."""

from config.settings.base import INSTALLED_APPS as _APPS
from config.settings.base import SHARED_APPS as _SHARED
from config.settings.test import *  # noqa: F403

INSTALLED_APPS = [*_APPS, "djstripe"]
SHARED_APPS = [*_SHARED, "djstripe"]
DJSTRIPE_SUBSCRIBER_MODEL = "tenants.Tenant"
DJSTRIPE_SUBSCRIBER_MODEL_MIGRATION_DEPENDENCY = "0001_initial"
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_" + "0a" * 16
