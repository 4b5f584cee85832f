"""`manage.py open_merchant acme --name "Acme Pay"`: a merchant, its sandbox, and a key for each."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.api_keys.issuing import issue_key
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.management.operating import command_line_actor, errors_in_one_line
from tenants.merchants.models import Merchant
from tenants.merchants.opening import finish_opening, open_merchant
from tenants.merchants.plans import PlanName
from tenants.merchants.states import MerchantState, Mode
from tenants.routing.startup import require_safe_database


class Command(BaseCommand):
    """Opens a merchant, or finishes those whose opening was interrupted."""

    help = "Open a merchant with its sandbox and print a live and a test key, once. --resume finishes interrupted openings."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Read what the merchant is called."""
        parser.add_argument("slug", nargs="?", help="a-z, 0-9 and hyphens; unique")
        parser.add_argument("--name", help="what people call it; the slug when left out")
        parser.add_argument("--time-zone", default="UTC", help="IANA name; reports count its days")
        parser.add_argument("--plan", default=PlanName.STANDARD.value, choices=[plan.value for plan in PlanName], help="sets its quotas")
        parser.add_argument("--resume", action="store_true", help="finish every opening that was interrupted, and issue no keys")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Open or resume."""
        require_safe_database()
        if options["resume"]:
            return self.resume()
        if not options["slug"]:
            raise CommandError("name the slug of the merchant, or --resume")
        actor, at = command_line_actor(), timezone.now()
        with errors_in_one_line():
            live = open_merchant(
                name=options["name"] or options["slug"],
                slug=options["slug"],
                time_zone=options["time_zone"],
                plan=options["plan"],
                actor=actor,
                at=at,
            )
            keys = {
                name: issue_key(merchant=row, name="first key", scopes=ALL_SCOPES, actor=actor, at=at).secret
                for name, row in (("live_api_key", live), ("test_api_key", live.sandbox))
            }
        schemas = {"schema": live.schema_name, "sandbox_schema": live.sandbox.schema_name}
        told = {"merchant": live.public_id, "slug": live.slug, **schemas, **keys}
        self.stdout.write(json.dumps(told) if options["json"] else "\n".join(f"{name}: {value}" for name, value in told.items()))
        return None

    def resume(self) -> None:
        """Finish what was interrupted."""
        for live in Merchant.objects.filter(mode=Mode.LIVE, state=MerchantState.OPENING).select_related("sandbox").order_by("pk"):
            finish_opening(live, actor=command_line_actor(), at=timezone.now())
            self.stdout.write(f"{live.slug}: active")
