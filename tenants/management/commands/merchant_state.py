"""`manage.py merchant_state acme suspend --reason "unpaid"`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tenants.management.operating import command_line_actor, errors_in_one_line, merchant_named
from tenants.merchants.opening import close_merchant, reactivate_merchant, suspend_merchant

CHANGES = {"suspend": suspend_merchant, "reactivate": reactivate_merchant, "close": close_merchant}


class Command(BaseCommand):
    """Suspends, reactivates or closes a merchant in both modes."""

    help = "Suspend (nobody is served, work goes on), reactivate, or close (for good; nothing is deleted) a merchant in both modes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read who and what."""
        parser.add_argument("slug", help="the merchant's slug")
        parser.add_argument("change", choices=CHANGES)
        parser.add_argument("--reason", required=True, help="goes into the platform's log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the state."""
        merchant = merchant_named(options["slug"])
        with errors_in_one_line():
            CHANGES[options["change"]](merchant=merchant, reason=options["reason"], actor=command_line_actor(), at=timezone.now())
        merchant.refresh_from_db()
        self.stdout.write(f"{merchant.slug}: {merchant.state}")
