"""`manage.py decide_review`: decide a verification that waits for a person, from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kyc_platform.actor import Actor, ActorKind
from kyc_platform.errors import DomainError
from tenants.merchants.states import Mode
from tenants.routing.entry import enter_by_slug
from verification.customers.records import find_customer
from verification.levels.doc_types import DocType
from verification.lifecycle.runs import newest_run
from verification.reviews.models import ReviewDecision
from verification.sandbox.clock import now_of_merchant
from verification.workflow.reviewing import Verdict, decide_review


class Command(BaseCommand):
    """Decides the newest verification of one customer. The decision is on record under the name given with --by."""

    help = "Approve, decline or ask for documents again where a verification waits for a reviewer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--merchant", required=True, help="the merchant's readable name")
        parser.add_argument("--mode", choices=[mode.value for mode in Mode], default=Mode.LIVE.value)
        parser.add_argument("--customer-id", dest="customer_id", required=True, help="the merchant's own id of the customer")
        parser.add_argument("--decision", choices=ReviewDecision.values, required=True)
        parser.add_argument("--reasons", nargs="*", default=[], help="reason codes")
        parser.add_argument("--reject", nargs="*", default=[], metavar="DOC_TYPE:reason", help="documents to submit again")
        parser.add_argument("--by", required=True, help="who decides")

    def handle(self, *args: Any, **options: Any) -> None:
        """Decide, and print what became of it. Exits with an error that names the remedy."""
        rejected: dict[DocType, list[str]] = {}
        for entry in options["reject"]:
            doc_type, _, code = entry.partition(":")
            if doc_type not in DocType.values:
                raise CommandError(f"--reject takes DOC_TYPE:reason with one of {', '.join(DocType.values)}")
            rejected.setdefault(DocType(doc_type), []).append(code)
        verdict = Verdict(ReviewDecision(options["decision"]), options["reasons"], rejected)
        actor = Actor(ActorKind.OPERATOR, options["by"])
        try:
            with enter_by_slug(options["merchant"], mode=Mode(options["mode"])):
                run = newest_run(find_customer(options["customer_id"]))
                decided = decide_review(options["customer_id"], run.uid, verdict, actor=actor, at=now_of_merchant())
                self.stdout.write(f"{decided.uid} is {decided.stage}")
        except DomainError as error:
            raise CommandError("; ".join([error.detail, *(f"{m.pointer}: {m.detail}" for m in error.errors)])) from None
