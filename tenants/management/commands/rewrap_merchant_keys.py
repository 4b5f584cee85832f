"""`manage.py rewrap_merchant_keys`, and `--check` before an old root key is taken away."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kyc_platform.crypto.root import root_key
from tenants.management.operating import command_line_actor, errors_in_one_line, merchant_named
from tenants.merchants.models import Merchant
from tenants.merchants.rewrapping import count_behind, rewrap_merchant_keys


class Command(BaseCommand):
    """Has the present root key wrap every merchant's key."""

    help = "Wrap every merchant's key by the present root key, the first in KYC_ROOT_KEYS. Start it again after a kill; twice does no harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read whether to look only, and at whom."""
        parser.add_argument("--merchant", metavar="SLUG", help="this one alone, in both modes, to try it first")
        parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 while another root key is still needed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Wrap, or count. Raises CommandError while anything is behind."""
        root = root_key()
        merchants = (
            Merchant.objects.filter(slug=merchant_named(options["merchant"]).slug) if options["merchant"] else Merchant.objects.all()
        )
        if options["check"]:
            behind, total = count_behind(root, merchants)
            if behind:
                raise CommandError(f"{behind} of {total} keys are wrapped by another root key, which is still needed")
            self.stdout.write(f"all {total} keys are wrapped by the present root key")
            return
        with errors_in_one_line():
            found = rewrap_merchant_keys(root, merchants, actor=command_line_actor(), at=timezone.now())
        self.stdout.write(f"{found.anew} keys wrapped anew, {found.already} were already")
        if found.damaged:
            raise CommandError(f"{found.damaged} keys do not open with any root key that is listed; the log names their merchants")
