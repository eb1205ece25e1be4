"""The test run: fast hashing, eager tasks, real PostgreSQL and Valkey."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, CHANNEL_LAYERS, LOGGING, STATE_DIR, redis_url

DEVELOPMENT = True
TESTING = True
SECRET_KEY = "test-only-secret-key-that-is-long-enough-to-be-taken-seriously"  # noqa: S105
MASTER_SECRET = "test-only-master-secret"  # noqa: S105
SANDBOX_CONTROL_TOKEN = "test-only-control-token"  # noqa: S105
ALLOWED_HOSTS = [".localhost", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mailbox"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # each test client makes its own middleware: none lists all files first
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
LOGGING["root"]["level"] = "WARNING"  # type: ignore[index]
# Each test worker has its own logical databases: limits and cache in one, the hub in the other.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
HUB_DB, LIMITS_DB = 4 + 2 * _worker, 5 + 2 * _worker
HUB_PREFIX = f"live{_worker}"
CACHE_URL = redis_url(LIMITS_DB)
CACHES["default"]["LOCATION"] = CACHE_URL
CHANNEL_LAYERS["default"]["CONFIG"]["hosts"][0]["address"] = redis_url(HUB_DB)  # type: ignore[index]
