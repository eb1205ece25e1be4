"""Settings that hold everywhere. What differs by place is in dev, test and production."""

import hashlib
import os
from pathlib import Path
from typing import Any

from celery.schedules import crontab

from config.settings import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = Path(env.text("OUTCRY_STATE_DIR", str(BASE_DIR / ".state")))
PROCESS = env.text("OUTCRY_PROCESS", "command")
"""Which process this is: web, worker, owner, beat, feed, accounts, sandbox or command."""

DEBUG = False
DEVELOPMENT = False
"""Mail goes to a file mailbox that a page shows; demo log-ins are printed."""

# --- apps -------------------------------------------------------------------------------------------------------------
# Library apps are listed by schema; our own are in both lists and each model states its placement.
OUR_APPS = [
    "apps.core",
    "apps.platform.tenants",
    "apps.platform.users",
    "apps.platform.configurations",
    "apps.platform.rate_limiting",
    "apps.platform.notifications",
    "apps.platform.authentication",
    "apps.platform.security",
    "apps.platform.audit",
    "apps.compliance.limits",
    "apps.finance.ledger",
    "apps.finance.wallets",
    "apps.trading.instruments",
    "apps.trading.exchanges",
    "apps.trading.sandbox",
    "apps.trading.market_data",
    "apps.trading.positions",
    "apps.trading.risk",
    "apps.trading.orders",
    "apps.trading.strategies",
    "apps.trading.backtests",
    "apps.trading.portfolios",
    "apps.trading.bots",
]
OUR_APPS = [app for app in OUR_APPS if (BASE_DIR / app.replace(".", "/") / "apps.py").exists()]
# Only in public: tenants are rows there; beat has one schedule for all.
SHARED_LIBRARIES = ["pgtrigger", "django_tenants", "django_celery_beat"]
# In public and in each tenant: users, with their sessions, second factors and admin.
BOTH_LIBRARIES = [
    "unfold",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
    "allauth.socialaccount",
    "django_otp",
]
# No tables of their own.
TABLELESS = ["django.contrib.staticfiles", "django.contrib.humanize", "rest_framework", "drf_spectacular", "channels"]

SHARED_APPS = [*SHARED_LIBRARIES, *BOTH_LIBRARIES, *TABLELESS, *OUR_APPS]
TENANT_APPS = [*BOTH_LIBRARIES, *TABLELESS, *OUR_APPS]
# The admin theme comes first: its templates must win over those of other libraries.
INSTALLED_APPS = list(dict.fromkeys(["unfold", *SHARED_LIBRARIES, *OUR_APPS, *BOTH_LIBRARIES, *TABLELESS]))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- tenancy ----------------------------------------------------------------------------------------------------------
TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_SYNC_ROUTER = "apps.core.router.PlacementRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
TENANT_LIMIT_SET_CALLS = True
ROOT_URLCONF = "config.urls_tenant"
PUBLIC_SCHEMA_URLCONF = "config.urls_public"
PUBLIC_SCHEMA_NAME = "public"
PLATFORM_HOST = env.text("OUTCRY_PLATFORM_HOST", "console.localhost")
"""Host of the platform's own console; never the apex of the tenants' domain."""

# --- database ---------------------------------------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL", "postgresql://outcry_app@127.0.0.1:5432/outcry")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL", DATABASE_URL)
POOLED_PROCESSES = {"web"}


def _database(url: str) -> dict[str, Any]:
    address = env.database_address(url)
    options: dict[str, Any] = {"connect_timeout": 10}
    if PROCESS in POOLED_PROCESSES:
        options["pool"] = {"min_size": 1, "max_size": env.number("OUTCRY_POOL_SIZE", 20), "timeout": 10}
    return {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "HOST": address.host,
        "PORT": address.port,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if PROCESS in POOLED_PROCESSES else 60,
        "ATOMIC_REQUESTS": False,
    }


OWNER_DATABASE = env.database_address(DATABASE_OWNER_URL)
"""How to connect as the owner of the tables (DDL, provisioning); equal to the application's when only one is given."""
APPLICATION_ROLE = env.database_address(DATABASE_URL).user
DATABASES = {"default": _database(DATABASE_OWNER_URL if PROCESS == "owner" else DATABASE_URL)}

# dj-stripe comes with billing; its own migrations are replaced by one prepared file.
MIGRATION_MODULES = {"djstripe": "config.djstripe_migrations"}

# --- Redis ------------------------------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", "redis://127.0.0.1:6379")
CACHE_URL = env.text("CACHE_URL", f"{REDIS_URL}/2")
BROKER_DB, HUB_DB, LIMITS_DB = 0, 3, 4
HUB_PREFIX = "live"  # of its channels, which all logical databases of a server have in common


def redis_url(db: int) -> str:
    """Return the URL of a logical database of the Redis that holds broker, hub and limits."""
    return f"{REDIS_URL}/{db}"


CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": CACHE_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
        "TIMEOUT": 300,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": redis_url(HUB_DB), "max_connections": 5000}], "prefix": "layer"},
    }
}

# --- users and sessions -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"

from config.settings.identity import *  # noqa: E402, F403

# --- secrets ----------------------------------------------------------------------------------------------------------
SECRET_KEY_FALLBACKS: list[str] = env.words("OUTCRY_SECRET_KEY_FALLBACKS")
KEY_RING_PATH = Path(env.text("OUTCRY_KEY_RING", str(STATE_DIR / "keyring.json")))

# --- requests ---------------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "apps.core.middleware.RequestScope",
    "apps.platform.tenants.middleware.TenantByHost",
    "apps.core.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "apps.platform.authentication.bridge.SecondFactorBridge",
    "django.contrib.messages.middleware.MessageMiddleware",
    "apps.core.pages.DomainErrorPages",
]
ASGI_APPLICATION = "config.asgi.application"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
TRUSTED_PROXY_COUNT = env.number("OUTCRY_TRUSTED_PROXY_COUNT", 0)
"""How many reverse proxies of ours append to X-Forwarded-For."""
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "apps.core.shell.context",
            ],
            "builtins": ["apps.core.templatetags.ui"],
        },
    }
]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = STATE_DIR / "static"
WHITENOISE_USE_FINDERS = False
STORAGES = {
    "default": {"BACKEND": "django_tenants.files.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = STATE_DIR / "media"

# --- language and time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Celery -----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = redis_url(BROKER_DB)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {name: {} for name in ("trading", "default", "heavy", "mail", "owner")}
CELERY_TASK_ROUTES = {
    "bots.*": {"queue": "trading"},
    "orders.*": {"queue": "trading"},
    "positions.*": {"queue": "trading"},
    "sandbox.*": {"queue": "trading"},
    "exchanges.*": {"queue": "trading"},
    "backtests.*": {"queue": "heavy"},
    "core.prove_schema": {"queue": "heavy"},
    "market_data.*": {"queue": "heavy"},
    "mail.*": {"queue": "mail"},
    "tenants.*": {"queue": "owner"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "core.sweep_due": {"task": "core.sweep_due", "schedule": 5.0, "options": {"expires": 5}},
    "core.sweep_all": {"task": "core.sweep_all", "schedule": 300.0, "options": {"expires": 300}},
    "exchanges.watch": {"task": "exchanges.watch", "schedule": 30.0, "options": {"expires": 30}},
    "bots.sweep": {"task": "bots.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "orders.sweep_held": {"task": "orders.sweep_held", "schedule": 1.0, "options": {"expires": 1}},
    "orders.sweep_routes": {"task": "orders.sweep_routes", "schedule": 1.0, "options": {"expires": 1}},
    "orders.sweep_algos": {"task": "orders.sweep_algos", "schedule": 1.0, "options": {"expires": 1}},
    "orders.sweep": {"task": "orders.sweep", "schedule": 2.0, "options": {"expires": 2}},
    "positions.sweep_contracts": {"task": "positions.sweep_contracts", "schedule": 3.0, "options": {"expires": 3}},
    "orders.reconcile_all": {"task": "orders.reconcile_all", "schedule": 60.0, "options": {"expires": 60}},
    "backtests.sweep": {"task": "backtests.sweep", "schedule": 15.0, "options": {"expires": 15}},
    "market_data.sweep_syncs": {"task": "market_data.sweep_syncs", "schedule": 15.0, "options": {"expires": 15}},
    "market_data.apply_retention": {
        "task": "market_data.apply_retention",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "market_data.check_recent": {
        "task": "market_data.check_recent",
        "schedule": crontab(hour="3", minute="7"),
        "options": {"expires": 3600},
    },
    "portfolios.sweep_plans": {"task": "portfolios.sweep_plans", "schedule": 5.0, "options": {"expires": 5}},
    "portfolios.sweep": {"task": "portfolios.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "risk.monitor_all": {"task": "risk.monitor_all", "schedule": 60.0, "options": {"expires": 60}},
    "core.seal_all": {"task": "core.seal_all", "schedule": 10.0, "options": {"expires": 10}},
    "core.prove_all": {
        "task": "core.prove_all",
        "schedule": crontab(hour="2", minute="17"),
        "options": {"expires": 3600},
    },
    "instruments.sweep_alerts": {"task": "instruments.sweep_alerts", "schedule": 2.0, "options": {"expires": 2}},
    "ledger.sweep": {"task": "ledger.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "wallets.sweep_custody": {"task": "wallets.sweep_custody", "schedule": 5.0, "options": {"expires": 5}},
    "wallets.rearm_earning_all": {
        "task": "wallets.rearm_earning_all",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
# A dead worker's message comes back after the visibility timeout; longer waits are rows, never ETAs.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 60, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_TIME_LIMIT = 45
CELERY_TASK_SOFT_TIME_LIMIT = 40
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- outgoing calls ---------------------------------------------------------------------------------------------------
OUTBOUND_EXCEPTIONS = frozenset(env.words("OUTCRY_OUTBOUND_EXCEPTIONS"))
"""Hosts of an inner network ("proxy.lan:8080") that calls to customers' and feeds' addresses may reach all the same."""
TWELVE_DATA_KEY = env.text("OUTCRY_TWELVE_DATA_KEY", "")
"""Key of the data provider for stocks and forex; empty: that provider is off."""
TWELVE_DATA_PER_MINUTE = env.number("OUTCRY_TWELVE_DATA_PER_MINUTE", 8)
TWELVE_DATA_PER_DAY = env.number("OUTCRY_TWELVE_DATA_PER_DAY", 800)
TWELVE_DATA_ADDRESSES: dict[str, str] = {}
"""`base` and `stream_base` of a proxy of that provider; its hosts then stand in OUTBOUND_EXCEPTIONS."""
YAHOO_ENABLED = env.flag("OUTCRY_YAHOO", default=False)
"""Whether the Yahoo-type source may be asked: it has no key and publishes no terms for programs, so it is opt-in."""
YAHOO_ADDRESSES: dict[str, str] = {}
"""`base` of a proxy of that source; its host then stands in OUTBOUND_EXCEPTIONS."""
PRICE_PROVIDER = env.text("OUTCRY_PRICE_PROVIDER", "twelve_data")
"""Where prices of stocks and forex come from: twelve_data, file, yahoo."""

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["apps.platform.authentication.api.authenticator.Authenticator"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.CreatedCursor",
    "DEFAULT_THROTTLE_CLASSES": ["apps.platform.rate_limiting.api.BucketThrottle"],
    "EXCEPTION_HANDLER": "apps.core.api.problems.problem_response",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Outcry API",
    "VERSION": "1",
    "DESCRIPTION": "Everything a page shows or does. Errors are application/problem+json; amounts are strings.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    # Words that several enumerations share need a name of their own in the document.
    "ENUM_NAME_OVERRIDES": {
        "OrderKindEnum": "apps.trading.orders.choices.Kind",
        "OrderGroupKindEnum": "apps.trading.orders.choices.GroupKind",
        "PaperOrLiveEnum": [("paper", "paper"), ("live", "live")],
        "OwnScopeEnum": [("customer", "customer"), ("bot", "bot")],
        "MoneyModeEnum": "apps.finance.ledger.choices.Mode",
        "RiskScopeEnum": "apps.trading.risk.choices.Scope",
        "DepositKindEnum": "apps.finance.wallets.choices.DepositKind",
        "CorrectionKindEnum": "apps.trading.positions.choices.Correction",
        "OrderStateEnum": "apps.trading.orders.choices.OrderState",
        "BacktestStateEnum": "apps.trading.backtests.choices.RunState",
        "StudyStateEnum": "apps.trading.backtests.choices.StudyState",
        "StudyKindEnum": "apps.trading.backtests.choices.StudyKind",
        "StudyMethodEnum": "apps.trading.backtests.choices.StudyMethod",
        "WithdrawalStateEnum": "apps.finance.wallets.choices.WithdrawalState",
        "AlertStateEnum": "apps.trading.instruments.choices.AlertState",
        "InstrumentStatusEnum": "apps.trading.instruments.choices.InstrumentStatus",
        "SavingEveryEnum": "apps.finance.wallets.choices_earning.Every",
        "RebalanceEveryEnum": "apps.trading.portfolios.choices.Every",
        "ProductStateEnum": "apps.finance.wallets.choices_earning.ProductState",
    },
}

UNFOLD = {
    "SITE_TITLE": "Back office",
    "SITE_SYMBOL": "candlestick_chart",
    "SHOW_HISTORY": False,
    "STYLES": [lambda _request: f"{STATIC_URL}css/desk.css"],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "apps.core.desk.navigation"},
}

# --- numba ------------------------------------------------------------------------------------------------------------
# Its cache does not notice a change in a function that another one has compiled in: one folder per state of the kernel.
_KERNEL = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(BASE_DIR.glob("kernel/**/*.py")))).hexdigest()
os.environ.setdefault("NUMBA_CACHE_DIR", str(STATE_DIR / "numba" / _KERNEL[:12]))

# --- logs -------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "apps.core.logs.JsonFormatter"}, "plain": {"()": "apps.core.logs.PlainFormatter"}},
    "handlers": {"stream": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stream"], "level": env.text("OUTCRY_LOG_LEVEL", "INFO")},
    "loggers": {
        "ccxt": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = [
    "django_ratelimit.W001",  # Redis is used as a cache backend on purpose
    "security.W004", "security.W008",  # HSTS and the redirect to HTTPS are the production settings' own
]  # fmt: skip

# --- product ----------------------------------------------------------------------------------------------------------
CANDLES_DIR = BASE_DIR / "apps" / "trading" / "instruments" / "bundled"
EGRESS_NAME = env.text("OUTCRY_EGRESS_NAME", "main")
"""Which address this process's requests to exchanges leave from: budgets are counted for each."""
EGRESS_ADDRESSES = [text for text in env.text("OUTCRY_EGRESS_ADDRESSES", "").split(",") if text]
"""The public addresses customers put on the list of their keys."""
SANDBOX_URL = env.text("OUTCRY_SANDBOX_URL", "http://127.0.0.1:8310")
SANDBOX_CONTROL_URL = env.text("OUTCRY_SANDBOX_CONTROL_URL", "http://127.0.0.1:8311")
SANDBOX_SPEED = env.number("OUTCRY_SANDBOX_SPEED", 60)

# Tasks sent by any process need the application; it reads these settings only when it is first used.
from config.celery import app as celery_app  # noqa: E402, F401
