"""`manage.py issue_api_key acme --sandbox --name "build server" --scope customers:read`."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from tenants.api_keys.issuing import issue_key
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.management.operating import add_merchant_arguments, command_line_actor, errors_in_one_line, merchant_named


class Command(BaseCommand):
    """Issues a key and prints it once."""

    help = "Issue an API key and print it. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read what the key may do."""
        add_merchant_arguments(parser)
        parser.add_argument("--name", required=True, help="what the key is for")
        scopes = f"repeat; all when left out: {' '.join(ALL_SCOPES)}"
        parser.add_argument("--scope", action="append", dest="scopes", metavar="SCOPE", help=scopes)
        networks = "repeat; any address when left out"
        parser.add_argument("--allow-ip", action="append", default=[], dest="networks", metavar="CIDR", help=networks)
        parser.add_argument("--expires-in-days", type=int, help="never when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue and print."""
        merchant, at = merchant_named(options["slug"], sandbox=options["sandbox"]), timezone.now()
        days = options["expires_in_days"]
        with errors_in_one_line():
            issued = issue_key(
                merchant=merchant,
                name=options["name"],
                scopes=ALL_SCOPES if options["scopes"] is None else options["scopes"],
                expires_at=None if days is None else at + timedelta(days=days),
                ip_allow_list=options["networks"],
                actor=command_line_actor(),
                at=at,
            )
        self.stdout.write(issued.secret)
