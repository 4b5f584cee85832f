"""The first seed's API, for the end user's app: its paths, its members, its envelope."""

from collections.abc import Mapping
from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import APIException
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kyc_platform.actor import Actor, ActorKind
from kyc_platform.errors import DomainError
from kyc_platform.requests.json import BodyTooBig, NotJson, dump_json
from kyc_platform.requests.problems import as_domain_error
from tenants.limits.counting import admit
from tenants.limits.failed_proofs import note_failed_proof
from tenants.limits.quotas import buckets_of_end_user
from tenants.routing.context import current_merchant
from tenants.routing.entry import UnknownMerchant, enter_for_request, serving_context
from verification.api import documentation as docs
from verification.api.base import METHODS, DocumentParser, members_of
from verification.api.decoding import NotBase64, document_bytes
from verification.api.status import end_user_status, standing_of
from verification.customers.access_tokens import TokenInvalid, read_token, require_unexpired
from verification.customers.models import Customer
from verification.documents.inspection.errors import FileTooBig, UploadRefused
from verification.documents.records import DocumentAlreadyVerified, DocumentNotRequired
from verification.levels.doc_types import DocType
from verification.sandbox.clock import now_of_merchant
from verification.workflow.collecting import BeingChecked, NotCollecting, submit_document

OK = {"is_success": True, "err_code": "Err0000", "err_message": "OK"}
SCHEMES = ("jwt", "bearer")


class EndUserError(DomainError):
    """An error in the first seed's words: `err_code` is what the app switches on."""

    def __init__(self, err_code: str, http_status: int, message: str) -> None:
        super().__init__(message)
        self.shown = (err_code, http_status, message)


class EndUser:
    """Who calls: one customer of the merchant that the request is in."""

    is_authenticated = True

    def __init__(self, customer: Customer) -> None:
        self.customer = customer
        self.actor = Actor(ActorKind.END_USER, str(customer.pk))


class EndUserAuthentication(BaseAuthentication):
    """`Authorization: JWT <token>`, the scheme in any case, `Bearer` too: enters the merchant that the token proves."""

    def authenticate(self, request: Request) -> tuple[EndUser, None]:
        """Return the customer who calls.

        Raises TokenInvalid (401), whatever is wrong, RateLimited (429) once too many tokens from the caller's address were, or the
        merchant's state (403).
        """
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if scheme.lower() not in SCHEMES:
            raise TokenInvalid
        try:
            return EndUser(self.customer_of(request, token.strip())), None
        except TokenInvalid:
            note_failed_proof(request.META)
            raise

    def customer_of(self, request: Request, token: str) -> Customer:
        """Return the customer whom a token proves, and enter the merchant. Raises TokenInvalid, or the merchant's state."""
        claims = read_token(token)
        try:
            enter_for_request(request, serving_context(claims.schema))
        except UnknownMerchant:
            raise TokenInvalid from None
        require_unexpired(claims, at=now_of_merchant())
        customer = Customer.objects.select_related("level").filter(pk=claims.customer_pk).first()
        if customer is None or claims.issued_at < customer.tokens_valid_from:
            raise TokenInvalid
        return customer

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "JWT"


class EndUserScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers it on definition
    """How the OpenAPI document describes the header."""

    target_class = "verification.api.end_user.EndUserAuthentication"
    name = "endUserToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the security scheme: a header, because the first seed's scheme is called JWT and not Bearer."""
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`JWT <token>` (or `Bearer <token>`)"}


class EndUserView(APIView):
    """One path of the first seed."""

    http_method_names = METHODS
    authentication_classes = [EndUserAuthentication]
    permission_classes = [IsAuthenticated]

    def perform_authentication(self, request: Request) -> None:
        """Learn who calls, and count the request. Raises RateLimited (429)."""
        super().perform_authentication(request)
        admit(request.META, buckets_of_end_user(current_merchant(), self.end_user.customer.pk))

    @property
    def end_user(self) -> EndUser:
        """Who calls."""
        return cast(EndUser, self.request.user)

    def get_exception_handler(self) -> Any:
        """Errors keep the seed's envelope."""
        return envelope_response


class EndUserStatus(EndUserView):
    """`/api/v1/user/me/kyc/status`."""

    @extend_schema(**docs.END_USER_STATUS)
    def get(self, request: Request) -> Response:
        """Read where I stand. 200."""
        return Response(end_user_status(standing_of(self.end_user.customer)))


class EndUserSubmit(EndUserView):
    """`/api/v1/user/me/kyc/submit`."""

    parser_classes = [DocumentParser]

    @extend_schema(**docs.END_USER_SUBMIT)
    def post(self, request: Request) -> Response:
        """Submit one document as base64. 200 with the envelope; each error has its own `err_code`."""
        doc_type = _doc_type(request.data)
        submit_document(
            customer_pk=self.end_user.customer.pk,
            doc_type=doc_type,
            body=_body(members_of(request)),
            actor=self.end_user.actor,
            at=now_of_merchant(),
        )
        return Response(OK)


def _doc_type(data: object) -> DocType:
    if not isinstance(data, dict):
        raise EndUserError("Err1001", 400, "The body must be a JSON object with doc_type and doc_body")
    for name in ("doc_type", "doc_body"):
        if data.get(name) in (None, ""):
            raise EndUserError("Err1001", 400, f"The member {name} is missing")
    if not isinstance(data["doc_type"], str) or data["doc_type"] not in DocType.values:
        raise EndUserError("Err1002", 400, f"Unknown doc_type. Known: {', '.join(DocType.values)}")
    return DocType(data["doc_type"])


def _body(data: dict[str, Any]) -> bytes:
    try:
        return document_bytes(data.pop("doc_body"))
    except NotBase64:
        raise EndUserError("Err1003", 400, "doc_body is not base64: send the file's bytes as base64 or as a base64 data URL") from None


def envelope_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer an error in the seed's envelope with the right HTTP status."""
    known = as_domain_error(error)
    err_code, status, message = shown_as(known)
    if isinstance(error, APIException) and error.status_code == 405:
        status = 405
    body = {"is_success": False, "err_code": err_code, "err_message": message}
    return HttpResponse(dump_json(body), status=status, content_type="application/json", headers=known.headers)


def shown_as(error: DomainError) -> tuple[str, int, str]:
    """Return the seed's err_code, the HTTP status and the words for an error."""
    match error:
        case EndUserError():
            return error.shown
        case TokenInvalid():
            return "Err1101", 401, error.title
        case FileTooBig() | BodyTooBig():
            return "Err1234", 400, "File size is too big"
        case UploadRefused():
            return error.end_user_code, 400, error.detail
        case NotJson():
            return "Err1001", 400, error.detail
        case DocumentNotRequired():
            return "Err1002", 400, error.errors[0].detail
        case DocumentAlreadyVerified():
            return "Err1006", 409, "This document is already verified"
        case BeingChecked():
            return "Err1007", 409, "This document is being checked"
        case NotCollecting():
            return "Err1008", 409, "No documents are asked for now"
        case DomainError(http_status=status) if status == 429:
            return "Err1201", 429, "Too many requests"
        case DomainError(http_status=status) if status >= 500:
            return "Err1500", 503, "Try again later"
        case _:
            return "Err1001", error.http_status, error.detail
