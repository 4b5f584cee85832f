"""What the document says of runs, decisions and access tokens."""

from drf_spectacular.utils import OpenApiParameter

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.operation import CUSTOMER_ID, PAGING, Answer, operation
from verification.api.documentation.verification_schemas import (
    AccessTokenInputSerializer,
    AccessTokenSerializer,
    DecisionInputSerializer,
    VerificationInputSerializer,
    VerificationPageSerializer,
    VerificationSerializer,
)
from verification.customers.records import CustomerNotFound
from verification.lifecycle.runs import VerificationNotFound
from verification.workflow.opening import CustomerDeclined, VerificationInProgress
from verification.workflow.reviewing import NotInReview

TAG = "Verifications"
PATH = f"{like.CUSTOMER_PATH}/verifications"
A_TOKEN = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTYifQ.3VbFQ5m0m8Zq2oYw0m1y2v7mX4m3m1m9m0m2m4m6m8k"  # noqa: S105
_APPROVED = like.run("approved", submitted_at=like.LAST_DOCUMENT, decided_at=like.DECIDED, decided_by="provider", checks=[like.check()])
_REVIEWED = like.run(
    "approved",
    submitted_at=like.LAST_DOCUMENT,
    decided_at="2026-01-05T10:02:00Z",
    decided_by="api_key",
    checks=[like.check(outcome="unsure", reasons=[like.reviewer_reason("data_mismatch")])],
    reviews=[like.review(decision="approve", decided_at="2026-01-05T10:02:00Z", decided_by={"kind": "api_key", "id": "kyc_live_Zm9vYmFy"})],
)

START_VERIFICATION = operation(
    "start_verification",
    path=PATH,
    tag=TAG,
    summary="Start a verification again",
    description="Registering a customer starts the first run; this starts another when the last one is over, at another level if one is "
    "named. Documents that are verified still count; the run waits for those that are missing.",
    scope="verifications:write",
    parameters=(CUSTOMER_ID,),
    body=VerificationInputSerializer,
    bodies={"At the customer's level": {}, "At another level": {"level": "enhanced"}},
    answers={201: Answer(VerificationSerializer, "The new run.", {"Started": like.run("collecting")})},
    refused=(CustomerNotFound, VerificationInProgress, CustomerDeclined),
    invalid=(InvalidMember("/level", "unknown_level", "There is no such level. Known: basic, enhanced, standard."),),
)

LIST_VERIFICATIONS = operation(
    "list_verifications",
    path=PATH,
    tag=TAG,
    summary="List a customer's verifications",
    description="The newest run first, each with its provider checks, its reasons and what reviewers decided.",
    scope="customers:read",
    parameters=(CUSTOMER_ID, *PAGING),
    answers={
        200: Answer(
            VerificationPageSerializer,
            "A page of runs.",
            {"Approved by the provider": like.page(_APPROVED), "Reviewed": like.page(_REVIEWED)},
        )
    },
    refused=(CustomerNotFound,),
    invalid=(InvalidMember("/cursor", "invalid_cursor", "Give a next_cursor as it came, or leave it out for the first page."),),
)

DECIDE_VERIFICATION = operation(
    "decide_verification",
    path=f"{PATH}/{like.VERIFICATION_ID}/decision",
    tag=TAG,
    summary="Decide a verification that is in review",
    description="- `approve` verifies every required document;\n"
    "- `decline` is final, and needs a reason, of the whole or of a document;\n"
    "- `resubmit` names the documents to be submitted again, each with its reasons, and verifies the others.\n\n"
    "Of two who decide at once one wins, and the other meets 409.",
    scope="reviews:write",
    parameters=(CUSTOMER_ID, OpenApiParameter("verification_id", str, OpenApiParameter.PATH, description="the `id` of a run")),
    body=DecisionInputSerializer,
    bodies={
        "Approve": {"decision": "approve"},
        "Decline": {"decision": "decline", "reasons": ["blocklisted"]},
        "Ask for the selfie again": {"decision": "resubmit", "documents": [{"doc_type": "SELFIE", "reasons": ["image_blurred"]}]},
    },
    answers={200: Answer(VerificationSerializer, "The run as it stands now.", {"Approved": _REVIEWED})},
    refused=(CustomerNotFound, VerificationNotFound, NotInReview),
    invalid=(InvalidMember("/reasons", "required", "Say why: give at least one reason code."),),
)

ISSUE_ACCESS_TOKEN = operation(
    "issue_access_token",
    path=f"{like.CUSTOMER_PATH}/access-tokens",
    tag="Customers",
    summary="Issue a token for the end user's app",
    description="The app shows it as `Authorization: JWT <token>` and can do nothing with it but read and submit for this one customer.",
    scope="verifications:write",
    parameters=(CUSTOMER_ID,),
    body=AccessTokenInputSerializer,
    bodies={"For an hour": {}, "For ten minutes": {"expires_in_seconds": 600}},
    answers={
        201: Answer(
            AccessTokenSerializer, "The token.", {"Issued": {"token": A_TOKEN, "expires_at": "2026-01-05T10:30:00Z", "user_id": 123456}}
        )
    },
    refused=(CustomerNotFound,),
    invalid=(InvalidMember("/expires_in_seconds", "out_of_range", "Give a whole number of seconds from 60 to 86400."),),
)
REVOKE_ACCESS_TOKENS = operation(
    "revoke_access_tokens",
    path=f"{like.CUSTOMER_PATH}/access-tokens",
    tag="Customers",
    summary="Revoke every token of a customer",
    description="Every token that was issued until now is refused from now on: for a lost phone, or an account that was taken over.",
    scope="verifications:write",
    parameters=(CUSTOMER_ID,),
    answers={204: Answer(None, "They are revoked.", {})},
    refused=(CustomerNotFound,),
    is_unsafe=True,
)
