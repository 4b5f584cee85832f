"""The Django application of the house."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """Lives in each merchant's schema (TENANT_APPS), never in `public`."""

    name = "reporting"
    default_auto_field = "django.db.models.BigAutoField"
