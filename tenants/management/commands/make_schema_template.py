"""`manage.py make_schema_template`: after every change of a merchant's migrations."""

from typing import Any

from django.core.management.base import BaseCommand

from tenants.merchants.template_making import write_template


class Command(BaseCommand):
    """Makes tenants/merchants/schema_template.sql anew from the migrations, with the database of DATABASE_URL."""

    help = "Make the SQL template of a merchant's schema anew. Needs pg_dump; commit the file with the migration."

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say where."""
        self.stdout.write(f"wrote {write_template()}")
