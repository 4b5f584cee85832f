"""`manage.py merchant_plan acme large --reason "their campaign"`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tenants.management.operating import command_line_actor, errors_in_one_line, merchant_named
from tenants.merchants.opening import change_plan
from tenants.merchants.plans import PlanName


class Command(BaseCommand):
    """Puts a merchant on a plan, which sets its quotas."""

    help = "Put a merchant on a plan, in both modes; the new quotas hold within seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read who and what."""
        parser.add_argument("slug", help="the merchant's slug")
        parser.add_argument("plan", choices=[plan.value for plan in PlanName])
        parser.add_argument("--reason", required=True, help="goes into the platform's log")

    def handle(self, *args: Any, **options: Any) -> None:
        """Change the plan."""
        merchant = merchant_named(options["slug"])
        with errors_in_one_line():
            change_plan(merchant=merchant, plan=options["plan"], reason=options["reason"], actor=command_line_actor(), at=timezone.now())
        self.stdout.write(f"{merchant.slug}: {options['plan']}")
