"""The Django application of the house."""

from django.apps import AppConfig


class VerificationConfig(AppConfig):
    """Lives in each merchant's schema (TENANT_APPS), never in `public`."""

    name = "verification"
    default_auto_field = "django.db.models.BigAutoField"
