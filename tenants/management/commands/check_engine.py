"""`manage.py check_engine`: is every merchant's schema still one that can move between machines, and to Citus?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.merchants.models import Merchant
from tenants.merchants.portability import portability_findings


class Command(BaseCommand):
    """Looks for what keeps schemas from being portable."""

    help = "List what would keep merchants' schemas from moving to another machine or to Citus. Exit status 1 when there is something."

    def handle(self, *args: Any, **options: Any) -> None:
        """Look at each schema."""
        found = 0
        for schema in Merchant.objects.filter(schema_made_at__isnull=False).order_by("pk").values_list("schema_name", flat=True):
            for finding in portability_findings(schema):
                found += 1
                self.stdout.write(f"{schema}: {finding}")
        if found:
            raise CommandError(f"{found} findings")
        self.stdout.write("every merchant's schema is portable")
