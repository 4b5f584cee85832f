"""`manage.py migrate_merchants`: `public` first, then every merchant that is behind."""

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from tenants.merchants.broadcasting import migrate_merchants
from tenants.routing.startup import require_safe_database

WORKERS = 4


class Command(BaseCommand):
    """Migrates `public` and all merchants; started again after a kill, it goes on."""

    help = "Migrate public, then in parallel every merchant's schema that is behind. Safe to start again after a kill."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read how many at once, and which."""
        parser.add_argument("--workers", type=int, default=WORKERS, help=f"database connections at once ({WORKERS})")
        parser.add_argument("--schema", action="append", dest="schemas", help="repeat; only these, to try a migration on a few first")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate and say how far it is. Refuses a connection on which merchants would meet: every start begins here."""
        self.check(databases=[DEFAULT_DB_ALIAS])
        require_safe_database()
        call_command("migrate_schemas", shared=True, interactive=False, verbosity=0, stdout=self.stdout)
        failed = migrate_merchants(schemas=options["schemas"], workers=options["workers"], say=self.say)
        if failed:
            raise CommandError(f"{len(failed)} schemas could not be migrated, the log says why: {' '.join(failed)}")
        self.stdout.write("every merchant's schema is up to date")

    def say(self, line: str) -> None:
        """Print a line at once, also into a file."""
        self.stdout.write(line)
        self.stdout.flush()
