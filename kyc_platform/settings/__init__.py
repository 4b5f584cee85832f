"""Django's settings, from the environment. What does not differ between installations stands here as a constant."""

import logging.config
import ssl
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from kombu import Exchange, Queue

from kyc_platform.observability.logs import logging_config
from kyc_platform.settings.documentation import spectacular_settings
from kyc_platform.settings.environment import Environment

ENVIRONMENT = Environment()  # type: ignore[call-arg]  # pydantic fills it from the environment

BASE_DIR = Path(__file__).resolve().parent.parent.parent
KYC_ENVIRONMENT = ENVIRONMENT.KYC_ENVIRONMENT
IS_PRODUCTION = KYC_ENVIRONMENT == "production"
SECRET_KEY = ENVIRONMENT.SECRET_KEY
DEBUG = False
ALLOWED_HOSTS = [host.strip() for host in ENVIRONMENT.ALLOWED_HOSTS.split(",") if host.strip()]
PUBLIC_BASE_URL = ENVIRONMENT.PUBLIC_BASE_URL
TRUSTED_PROXY_COUNT = ENVIRONMENT.TRUSTED_PROXY_COUNT

# --- applications -----------------------------------------------------------------------------------------------------
SHARED_APPS = [
    "django_tenants",
    "rest_framework_api_key",  # before `tenants`, which takes its own table out of admin again
    "tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tenants.apps.OperatorAdminConfig",  # django.contrib.admin, with a login that counts
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
TENANT_APPS = ["verification", "reporting"]
INSTALLED_APPS = [*SHARED_APPS, *TENANT_APPS, "merchant_portal"]
TENANT_MODEL = "tenants.Merchant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
# Which function a background task enters a merchant's schema with; the foundation may not import the house above it.
SCHEMA_ENTRY = "tenants.routing.entry.enter_schema_of_task"

MIDDLEWARE = [
    "kyc_platform.requests.request_id.RequestIdMiddleware",
    "verification.api.request_logging.RequestLogMiddleware",
    "tenants.limits.middleware.RateLimitHeadersMiddleware",
    "tenants.routing.middleware.PublicSchemaMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "kyc_platform.requests.caching.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "kyc_platform.urls"
PUBLIC_SCHEMA_URLCONF = ROOT_URLCONF
APPEND_SLASH = False
WSGI_APPLICATION = "kyc_platform.wsgi.application"
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
            ]
        },
    }
]

# --- PostgreSQL -------------------------------------------------------------------------------------------------------
CONNECTION_MAX_AGE_SECONDS = 300  # persistent, but finite: a backend keeps 0.28 MB for every schema it has touched
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        **ENVIRONMENT.database(),
        "CONN_MAX_AGE": CONNECTION_MAX_AGE_SECONDS,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"connect_timeout": 5, "application_name": "kyc_platform"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis ------------------------------------------------------------------------------------------------------------
REDIS_URL = ENVIRONMENT.REDIS_URL
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "KEY_PREFIX": "kyc",
        "OPTIONS": {"pool_class": "kyc_platform.redis_breaker.BreakingPool", "socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

# --- Celery: the database is the queue's truth, the broker only a doorbell ---------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_DEFAULT_QUEUE = "kyc"
# Webhooks and mails wait for other people's servers, and have a queue and processes of their own: whoever is slow holds up no check.
WEBHOOK_QUEUE = "kyc-webhooks"
CELERY_TASK_QUEUES = tuple(Queue(name, Exchange(name), routing_key=name) for name in (CELERY_TASK_DEFAULT_QUEUE, WEBHOOK_QUEUE))
WAITS_FOR_OTHERS = ("verification.deliver_webhooks", "verification.warn_members", "verification.grade_integration")
CELERY_TASK_ROUTES = {name: {"queue": WEBHOOK_QUEUE} for name in WAITS_FOR_OTHERS}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SOFT_TIME_LIMIT = 200
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_PUBLISH_RETRY = False  # a publish that fails is made good by the sweep, so a request never waits for Redis
# What is published is a hint only: one try, and a short one. `kyc_platform.celery` publishes with these.
CELERY_PUBLISH_TRANSPORT_OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
# Above the time limit, so that no task runs twice at once; at most five minutes, so that none waits longer in Celery.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 300, "socket_timeout": 5, "socket_connect_timeout": 2}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_BROKER_TRANSPORT = "kyc_platform.broker:Transport"
CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED} if REDIS_URL.startswith("rediss://") else None  # as our own client has it
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_STORE_EAGER_RESULT = False
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "kyc_platform.life:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "ring for due work": {"task": "verification.ring_due", "schedule": timedelta(seconds=1), "options": {"expires": 5}},
    "rebuild the hints of due work": {"task": "verification.rebuild_due", "schedule": timedelta(seconds=30), "options": {"expires": 30}},
    "write the request log": {"task": "verification.log_requests", "schedule": timedelta(seconds=2), "options": {"expires": 5}},
    "nightly work": {"task": "verification.nightly", "schedule": crontab(hour="3", minute="17")},
}

# --- S3 ---------------------------------------------------------------------------------------------------------------
S3_ENDPOINT_URL = ENVIRONMENT.S3_ENDPOINT_URL
S3_BUCKET = ENVIRONMENT.S3_BUCKET
S3_REGION = ENVIRONMENT.S3_REGION
S3_ACCESS_KEY_ID = ENVIRONMENT.S3_ACCESS_KEY_ID
S3_SECRET_ACCESS_KEY = ENVIRONMENT.S3_SECRET_ACCESS_KEY

# --- secrets ----------------------------------------------------------------------------------------------------------
ROOT_KEYS = ENVIRONMENT.root_keys()
ROOT_KMS_KEY_ID = ENVIRONMENT.KYC_ROOT_KMS_KEY_ID
API_KEY_CACHE_SECONDS = 5  # how long a process may believe a key that was revoked elsewhere; docs/SECURITY.md states it
FAILED_PROOFS_PER_MINUTE = 30  # wrong keys and tokens from one address; the quotas of right ones are `tenants/limits/plans.py`
ACCESS_TOKEN_SECONDS_DEFAULT = 3600
ACCESS_TOKEN_SECONDS_MAX = 86_400

# --- providers and the way out ----------------------------------------------------------------------------------------
SANDBOX_PROVIDER_URL = ENVIRONMENT.SANDBOX_PROVIDER_URL
SANDBOX_PROVIDER_API_KEY = ENVIRONMENT.SANDBOX_PROVIDER_API_KEY
SANDBOX_PROVIDER_CALLBACK_SECRET = ENVIRONMENT.SANDBOX_PROVIDER_CALLBACK_SECRET
OUTBOUND_ALLOW_LOOPBACK = ENVIRONMENT.OUTBOUND_ALLOW_LOOPBACK

# --- mail to members ----------------------------------------------------------------------------------------------------
EMAIL_BACKEND = ENVIRONMENT.mail_backend()
EMAIL_HOST = ENVIRONMENT.EMAIL_HOST or ""
EMAIL_PORT = ENVIRONMENT.EMAIL_PORT
EMAIL_HOST_USER = ENVIRONMENT.EMAIL_USER or ""
EMAIL_HOST_PASSWORD = ENVIRONMENT.EMAIL_PASSWORD or ""
EMAIL_USE_TLS = ENVIRONMENT.EMAIL_TLS == "starttls"
EMAIL_USE_SSL = ENVIRONMENT.EMAIL_TLS == "implicit"
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = str(ENVIRONMENT.EMAIL_FOLDER) if ENVIRONMENT.EMAIL_FOLDER else None
DEFAULT_FROM_EMAIL = ENVIRONMENT.EMAIL_FROM

# --- uploads ----------------------------------------------------------------------------------------------------------
DOCUMENT_BYTES_MAX = 10 * 1024 * 1024
DOCUMENT_PIXELS_MAX = 40_000_000
# A document as base64 in JSON, with the line breaks that some encoders add and room for the other members.
DATA_UPLOAD_MAX_MEMORY_SIZE = DOCUMENT_BYTES_MAX * 4 // 3 + DOCUMENT_BYTES_MAX // 20 + 64 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["kyc_platform.requests.uploads.DocumentUploadHandler"]

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenants.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = PUBLIC_BASE_URL.startswith("https://")
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
SECURE_HSTS_SECONDS = 31_536_000 if SESSION_COOKIE_SECURE else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True

# --- language, time, static files, logs --------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
LOGGING_CONFIG = None
LOGGING = logging_config(ENVIRONMENT.LOG_LEVEL)
logging.config.dictConfig(LOGGING)
METRICS_FOLDER = ENVIRONMENT.PROMETHEUS_MULTIPROC_DIR
logging.captureWarnings(True)  # they are lines of JSON too

# --- Django REST framework --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    # Each view names its proof (`verification/api/base.py`); one that forgets is closed to everybody.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["kyc_platform.requests.json.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["kyc_platform.requests.json.OrjsonParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "kyc_platform.requests.json.FixedNegotiation",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is answered like every method that is not there; the document describes the API
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "kyc_platform.requests.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "DATETIME_FORMAT": "iso-8601",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = spectacular_settings(PUBLIC_BASE_URL)
