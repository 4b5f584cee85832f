"""`manage.py migrations_behind`: which merchants' schemas lack which migrations; exit status 1 when any does."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from tenants.merchants.behind import schemas_behind


class Command(BaseCommand):
    """Lists the schemas that are behind the code."""

    help = "List merchants' schemas that lack migrations, and which. Exit status 1 when there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        """List them."""
        behind = schemas_behind()
        for entry in behind:
            self.stdout.write(f"{entry.schema}: {' '.join('.'.join(key) for key in entry.missing)}")
        if behind:
            self.stdout.write(f"{len(behind)} schemas are behind; manage.py migrate_merchants brings them up")
            sys.exit(1)
        self.stdout.write("every merchant's schema is up to date")
