"""Runs, end-user tokens and reviewers' decisions in the merchant API."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.paging import page_of, read_page
from verification.api import documentation as docs
from verification.api.base import MerchantView, members_of, query_of, read_choice, refuse_unknown, whole_number
from verification.api.shapes import verification_shape
from verification.customers.access_tokens import SECONDS_MIN, IssuedToken
from verification.customers.records import find_customer, find_customer_by_pk
from verification.events.models import Event
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.runs import find_run
from verification.providers.models import ProviderCheck
from verification.reviews.models import Review, ReviewDecision
from verification.workflow.admitting import issue_access_token, revoke_access_tokens, token_issued
from verification.workflow.opening import start_verification
from verification.workflow.reviewing import Verdict, decide_review


class AccessTokens(MerchantView):
    """`/customers/{customer_id}/access-tokens`."""

    required_scopes = {"POST": "verifications:write", "DELETE": "verifications:write"}

    @extend_schema(**docs.ISSUE_ACCESS_TOKEN)
    def post(self, request: Request, customer_id: str) -> Response:
        """Issue a token for the end user's app. 201; 404; 422."""
        members = members_of(request)
        refuse_unknown(members, ("expires_in_seconds",))
        seconds = whole_number(members.get("expires_in_seconds", settings.ACCESS_TOKEN_SECONDS_DEFAULT))
        most = settings.ACCESS_TOKEN_SECONDS_MAX
        if seconds is None or not SECONDS_MIN <= seconds <= most:
            remedy = f"Give a whole number of seconds from {SECONDS_MIN} to {most}."
            raise InvalidRequest(errors=[InvalidMember("/expires_in_seconds", "out_of_range", remedy)])
        customer, issued = issue_access_token(customer_id, seconds=seconds, actor=self.actor, at=self.now)
        return _token_shown(issued, customer.pk)

    @extend_schema(**docs.REVOKE_ACCESS_TOKENS)
    def delete(self, request: Request, customer_id: str) -> Response:
        """End every token of the customer. 204, or 404."""
        revoke_access_tokens(customer_id, actor=self.actor, at=self.now)
        return Response(status=204)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the token that was issued; or say once more that they are revoked."""
        return _token_shown(token_issued(event), event.customer_pk or 0) if request.method == "POST" else Response(status=204)


class VerificationList(MerchantView):
    """`/customers/{customer_id}/verifications`."""

    required_scopes = {"POST": "verifications:write", "GET": "customers:read"}

    @extend_schema(**docs.START_VERIFICATION)
    def post(self, request: Request, customer_id: str) -> Response:
        """Start a run for a customer whose last one is over. 201; 404; 409 while one is under way or after a decline; 422."""
        members = members_of(request)
        refuse_unknown(members, ("level",))
        level = members.get("level")
        if level is not None and not isinstance(level, str):
            raise InvalidRequest(errors=[InvalidMember("/level", "wrong_type", "Give the name of a level.")])
        run = start_verification(customer_id, level_name=level, actor=self.actor, at=self.now)
        return Response(verification_shape(run, (), ()), status=201)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the run that was started."""
        return Response(_whole(find_run(find_customer_by_pk(event.customer_pk or 0), event.data["verification_id"])), status=201)

    @extend_schema(**docs.LIST_VERIFICATIONS)
    def get(self, request: Request, customer_id: str) -> Response:
        """List a customer's runs, newest first, with the checks, reasons and decisions of each. 200, or 404."""
        page = read_page(query_of(request, ("limit", "cursor")))
        customer = find_customer(customer_id)
        rows = Verification.objects.filter(customer=customer).select_related("level", "customer")
        checks, reviews = defaultdict(list), defaultdict(list)
        for check in ProviderCheck.objects.filter(verification__customer=customer).order_by("number"):
            checks[check.verification_id].append(check)
        for review in Review.objects.filter(verification__customer=customer).order_by("opened_at"):
            reviews[review.verification_id].append(review)
        return Response(page_of(rows, page, lambda run: verification_shape(run, checks[run.pk], reviews[run.pk]), moment="opened_at"))


class VerificationDecision(MerchantView):
    """`/customers/{customer_id}/verifications/{verification_id}/decision`."""

    required_scopes = {"POST": "reviews:write"}

    @extend_schema(**docs.DECIDE_VERIFICATION)
    def post(self, request: Request, customer_id: str, verification_id: str) -> Response:
        """Decide a run that is in review. 200; 404; 409 when it is not waiting for a reviewer; 422."""
        verdict = read_verdict(members_of(request))
        run = decide_review(customer_id, verification_id, verdict, actor=self.actor, at=self.now)
        return Response(_whole(find_run(run.customer, run.uid)))

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the run that was decided."""
        return Response(_whole(find_run(find_customer_by_pk(event.customer_pk or 0), event.data["verification_id"])))


def _token_shown(issued: IssuedToken, user_id: int) -> Response:
    return Response({"token": issued.token, "expires_at": issued.expires_at, "user_id": user_id}, status=201)


def _whole(run: Verification) -> dict[str, Any]:
    checks = ProviderCheck.objects.filter(verification=run).order_by("number")
    reviews = Review.objects.filter(verification=run).order_by("opened_at")
    return verification_shape(run, checks, reviews)


def read_verdict(members: dict[str, Any]) -> Verdict:
    """Return what a reviewer says, from `{"decision", "reasons", "documents": [{"doc_type", "reasons"}]}`. Raises InvalidRequest."""
    refuse_unknown(members, ("decision", "reasons", "documents"))
    decision = ReviewDecision(read_choice(members, "decision", tuple(ReviewDecision.values)))
    errors: list[InvalidMember] = []
    reasons = _read_codes(members.get("reasons", []), "/reasons", errors)
    documents = members.get("documents", [])
    rejected: dict[DocType, list[str]] = {}
    if not isinstance(documents, list):
        errors.append(InvalidMember("/documents", "wrong_type", "Give a list of objects with doc_type and reasons."))
        documents = []
    for number, entry in enumerate(documents):
        pointer = f"/documents/{number}"
        if not isinstance(entry, dict) or set(entry) - {"doc_type", "reasons"}:
            errors.append(InvalidMember(pointer, "wrong_type", "Give an object with doc_type and reasons."))
        elif not isinstance(entry.get("doc_type"), str) or entry["doc_type"] not in DocType.values or entry["doc_type"] in rejected:
            errors.append(InvalidMember(f"{pointer}/doc_type", "invalid_choice", f"Give each of {', '.join(DocType.values)} at most once."))
        else:
            rejected[DocType(entry["doc_type"])] = _read_codes(entry.get("reasons", []), f"{pointer}/reasons", errors)
    if errors:
        raise InvalidRequest(errors=errors)
    return Verdict(decision, reasons, rejected)


def _read_codes(value: object, pointer: str, errors: list[InvalidMember]) -> list[str]:
    if isinstance(value, list) and all(isinstance(code, str) for code in value):
        return list(dict.fromkeys(value))
    errors.append(InvalidMember(pointer, "wrong_type", "Give a list of reason codes."))
    return []
