"""The Django apps of the house `tenants`: itself, and Django admin with the operators' login."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.core.checks import Tags, register

from tenants.routing.startup import check_database_session, check_driver


class TenantsConfig(AppConfig):
    """Registers the checks that `manage.py check --database default`, and each process at its start, run."""

    name = "tenants"
    verbose_name = "Merchants, members and keys"
    default = True

    def ready(self) -> None:
        """Register the checks. Opens no connection."""
        register(check_driver, Tags.compatibility)
        register(check_database_session, Tags.database)


class OperatorAdminConfig(admin_apps.AdminConfig):
    """`django.contrib.admin`, with our site in place of its own; it stands in INSTALLED_APPS in its stead."""

    default = False
    default_site = "tenants.operator_site.OperatorSite"
