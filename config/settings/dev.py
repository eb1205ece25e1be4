"""The demo on one machine: `manage.py up`."""

from config.settings import environment as env
from config.settings.base import *  # noqa: F403
from config.settings.base import LOGGING, STATE_DIR
from config.settings.secrets import stored_secret

DEVELOPMENT = True
SECRET_KEY = stored_secret(STATE_DIR, "secret_key")
MASTER_SECRET = stored_secret(STATE_DIR, "master_secret")
SANDBOX_CONTROL_TOKEN = stored_secret(STATE_DIR, "sandbox_token")
ALLOWED_HOSTS = [".localhost", "localhost", "127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mailbox"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if env.flag("OUTCRY_PLAIN_LOGS", True):
    LOGGING["handlers"]["stream"]["formatter"] = "plain"  # type: ignore[index]
