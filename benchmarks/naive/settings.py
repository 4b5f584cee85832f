"""The platform's settings, with everything that was chosen for speed taken back."""

from kyc_platform.settings import *  # noqa: F403

ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "benchmarks.naive.urls"
WSGI_APPLICATION = "benchmarks.naive.wsgi.application"
MIDDLEWARE = [
    "benchmarks.naive.middleware.TenantOfKeyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}
