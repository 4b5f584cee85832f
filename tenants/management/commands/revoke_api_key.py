"""`manage.py revoke_api_key kyc_live_…`: by the part before the dot."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from tenants.api_keys.issuing import revoke_key
from tenants.management.operating import command_line_actor, key_with_prefix


class Command(BaseCommand):
    """Revokes a key for good."""

    help = "Revoke an API key, named by the part before its dot. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read which key."""
        parser.add_argument("prefix", help="kyc_live_… or kyc_test_…, without the secret")

    def handle(self, *args: Any, **options: Any) -> None:
        """Revoke."""
        revoke_key(key=key_with_prefix(options["prefix"]), actor=command_line_actor(), at=timezone.now())
        self.stdout.write(f"revoked; no process accepts it in {settings.API_KEY_CACHE_SECONDS} seconds from now")
