"""The test run: fast hashing, eager tasks, real PostgreSQL and Valkey."""

import os

from config.settings.base import *  # noqa: F403
from config.settings.base import CACHES, LOGGING, STATE_DIR, redis_url

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
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
LOGGING["root"]["level"] = "WARNING"  # type: ignore[index]
_worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
LIMITS_DB = 8 + int(_worker) % 8
CACHE_URL = redis_url(LIMITS_DB)
CACHES["default"]["LOCATION"] = CACHE_URL
