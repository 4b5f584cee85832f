"""`manage.py verify_event_chain --merchant acme --mode live`: has anybody changed what merchants were told?"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kyc_platform.errors import DomainError
from tenants.merchants.states import Mode
from tenants.routing.entry import enter_by_slug
from verification.events.chain import check_chain


class Command(BaseCommand):
    """Computes a merchant's chain of events again. Reads every event once, some at a time; changes nothing."""

    help = "Compute the hash chain over a merchant's events again and name the first bad position. Exit status 1 when there is one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--merchant", required=True, help="the merchant's readable name")
        parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.LIVE.value)

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, and print how long the chain is and its last hash, which is to be kept outside the database."""
        try:
            with enter_by_slug(options["merchant"], mode=Mode(options["mode"])):
                report = check_chain()
        except DomainError as error:
            raise CommandError(error.detail) from None
        if report.fault is not None:
            where = f"position {report.bad_position}: " if report.bad_position is not None else ""
            raise CommandError(f"{where}{report.fault}; the {report.length} positions before are in order")
        self.stdout.write(f"{report.length} positions in order, the last hash is {report.hash.hex()}")
