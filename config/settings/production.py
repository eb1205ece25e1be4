"""Production: everything by environment, and no start on an unsafe value (see apps.core.checks)."""

from config.settings import environment as env
from config.settings.base import *  # noqa: F403

SECRET_KEY = env.text("OUTCRY_SECRET_KEY")
MASTER_SECRET = env.text("OUTCRY_MASTER_KEY")
SANDBOX_CONTROL_TOKEN = env.text("OUTCRY_SANDBOX_TOKEN")
ALLOWED_HOSTS = env.words("OUTCRY_ALLOWED_HOSTS")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("OUTCRY_BEHIND_TLS_PROXY") else None
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("OUTCRY_SMTP_HOST")
EMAIL_PORT = env.number("OUTCRY_SMTP_PORT", 587)
EMAIL_HOST_USER = env.text("OUTCRY_SMTP_USER", "")
EMAIL_HOST_PASSWORD = env.text("OUTCRY_SMTP_PASSWORD", "")
EMAIL_USE_TLS = env.flag("OUTCRY_SMTP_TLS", True)
DEFAULT_FROM_EMAIL = env.text("OUTCRY_MAIL_FROM")
EMAIL_TIMEOUT = 10
