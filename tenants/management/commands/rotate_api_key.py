"""`manage.py rotate_api_key kyc_live_… --overlap-hours 24`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tenants.api_keys.issuing import rotate_key
from tenants.management.operating import command_line_actor, errors_in_one_line, key_with_prefix


class Command(BaseCommand):
    """Issues a key's successor; both work during the overlap."""

    help = "Issue the successor of an API key and print it once; the old one works until the overlap is over."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read which key and how long."""
        parser.add_argument("prefix", help="kyc_live_… or kyc_test_…, without the secret")
        parser.add_argument("--overlap-hours", type=float, default=24.0)

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate and print."""
        with errors_in_one_line():
            issued = rotate_key(
                key=key_with_prefix(options["prefix"]),
                overlap_seconds=int(options["overlap_hours"] * 3600),
                actor=command_line_actor(),
                at=timezone.now(),
            )
        self.stdout.write(issued.secret)
