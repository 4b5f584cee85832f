"""The Django app of the house `tenants`."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from tenants.routing.startup import check_database_session, check_driver


class TenantsConfig(AppConfig):
    """Registers the checks that `manage.py check --database default`, and each process at its start, run."""

    name = "tenants"
    verbose_name = "Merchants, members and keys"

    def ready(self) -> None:
        """Register the checks. Opens no connection."""
        register(check_driver, Tags.compatibility)
        register(check_database_session, Tags.database)
