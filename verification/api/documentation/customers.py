"""What the document says of the customer endpoints."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import (
    CustomerInputSerializer,
    CustomerPageSerializer,
    CustomerReplacementInputSerializer,
    CustomerSerializer,
    KycStatusSerializer,
    ReplacedCustomerSerializer,
)
from verification.api.documentation.operation import CUSTOMER_ID, PAGING, Answer, operation
from verification.customers.keys import CustomerErased
from verification.customers.records import CustomerIdTaken, CustomerNotFound
from verification.customers.stages import Stage, Status

TAG = "Customers"
PATH = "/api/v1/customers"
WRONG_MEMBERS = (
    InvalidMember("/email", "invalid_email", "This must be an e-mail address at a public domain, like name@example.com."),
    InvalidMember("/date_of_birth", "too_young", "The customer must be at least 18 years old at this level."),
    InvalidMember("/identity_document/expiry_date", "document_expired", "This document has expired. Name one that is valid today."),
)

CREATE_CUSTOMER = operation(
    "create_customer",
    path=PATH,
    tag=TAG,
    summary="Register a customer",
    description="Stores the person, sealed under a key of its own, and opens the first verification, which waits for documents.\n\n"
    "Every wrong member is named at once, and then nothing is stored. A key without `pii:read` is not shown the personal members.",
    scope="customers:write",
    body=CustomerInputSerializer,
    bodies={"In parts": like.TOLD, "In strings, as in the second seed": like.TOLD_IN_STRINGS},
    answers={
        201: Answer(
            CustomerSerializer,
            "The customer.",
            {"Registered": like.CUSTOMER, "To a key without pii:read": like.CUSTOMER_WITHOUT_PII},
        )
    },
    refused=(CustomerIdTaken,),
    invalid=WRONG_MEMBERS,
)

LIST_CUSTOMERS = operation(
    "list_customers",
    path=PATH,
    tag=TAG,
    summary="List and find customers",
    description="The newest first. Filters are joined by AND. `email`, `phone_number` and `document_number` find exactly, whatever the "
    "case and the separators: they are looked up by keyed blind indexes, because nothing personal is stored in clear.\n\n"
    "An unknown parameter is refused (422).",
    scope="customers:read",
    parameters=(
        OpenApiParameter("status", str, enum=Status.values),
        OpenApiParameter("stage", str, enum=Stage.values),
        OpenApiParameter("level", str, description="the name of a level"),
        OpenApiParameter("created_from", OpenApiTypes.STR, description="registered at or after: a day (in UTC) or an RFC 3339 moment"),
        OpenApiParameter("created_to", OpenApiTypes.STR, description="registered before: a day (in UTC) or an RFC 3339 moment"),
        OpenApiParameter("customer_id", str, description="exactly this one"),
        OpenApiParameter("email", str),
        OpenApiParameter("phone_number", str, description="E.164; write the `+` as `%2B`"),
        OpenApiParameter("document_number", str, description="of the identity document"),
        *PAGING,
    ),
    answers={
        200: Answer(
            CustomerPageSerializer, "A page.", {"One of several pages": like.page(like.CUSTOMER, more=True), "Nobody matches": like.page()}
        )
    },
    refused=(CustomerErased,),
    invalid=(InvalidMember("/status", "invalid_choice", "Give one of pending, verified, rejected."),),
)

READ_CUSTOMER = operation(
    "read_customer",
    path=like.CUSTOMER_PATH,
    tag=TAG,
    summary="Read a customer",
    scope="customers:read",
    parameters=(CUSTOMER_ID,),
    answers={
        200: Answer(
            CustomerSerializer, "The customer.", {"To a key with pii:read": like.CUSTOMER, "To one without it": like.CUSTOMER_WITHOUT_PII}
        )
    },
    refused=(CustomerNotFound, CustomerErased),
)

_NOTHING_AGAIN = {"required": False, "because": [], "documents": []}
_NAME_AGAIN = {"required": True, "because": ["name"], "documents": []}
_ADDRESS_AGAIN = {"required": True, "because": ["address"], "documents": ["PROOF_OF_ADDRESS"]}

REPLACE_CUSTOMER = operation(
    "replace_customer",
    path=like.CUSTOMER_PATH,
    tag=TAG,
    summary="Replace a customer's data",
    description="Replaces everything you told of the customer, and verifies again what that touches:\n\n"
    "- name, date of birth or identity document: the documents on file are checked again against the new data;\n"
    "- address: the proof of address no longer counts, and that one document is asked for again;\n"
    "- level: its demands hold from now on;\n"
    "- e-mail, phone number, metadata: nothing.\n\n"
    "Case, spaces and separators do not make a change. A check that is running is superseded: its late result changes nothing. "
    "A declined customer stays declined. An identity document that has expired is accepted only when it is the one on file.",
    scope="customers:write",
    parameters=(CUSTOMER_ID,),
    body=CustomerReplacementInputSerializer,
    bodies={"A new name": {**like.TOLD, "name": "Anna Maria Lindqvist"}},
    answers={
        200: Answer(
            ReplacedCustomerSerializer,
            "The customer, and what has to be verified again.",
            {
                "The documents are checked again": {
                    **like.CUSTOMER,
                    "name": "Anna Maria Lindqvist",
                    "stage": "submitted",
                    "updated_at": like.DECIDED,
                    "reverification": _NAME_AGAIN,
                },
                "A document is asked for again": {**like.CUSTOMER, "updated_at": like.DECIDED, "reverification": _ADDRESS_AGAIN},
                "Nothing to verify": {**like.CUSTOMER, "updated_at": like.DECIDED, "reverification": _NOTHING_AGAIN},
            },
        )
    },
    refused=(CustomerNotFound, CustomerErased),
    invalid=(*WRONG_MEMBERS, InvalidMember("/customer_id", "mismatch", "It differs from the path. A customer_id cannot change.")),
)

_ALL_IN = [like.document(doc_type, "submitted") for doc_type in ("ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE")]
_ALL_VERIFIED = [{**entry, "status": "verified", "decided_at": like.DECIDED} for entry in _ALL_IN]
_ONE_BLURRED = [*_ALL_VERIFIED[:3], like.document("SELFIE", "rejected", "image_blurred")]
_FORGED = [like.document("ID_FRONT", "rejected", "document_forged"), *_ALL_IN[1:]]

READ_STATUS = operation(
    "read_kyc_status",
    path=f"{like.CUSTOMER_PATH}/kyc-status",
    tag=TAG,
    summary="Read where a customer stands",
    description="| status | stage | means |\n|---|---|---|\n"
    "| pending | collecting | documents are still missing |\n"
    "| pending | submitted, checking | complete; with the provider |\n"
    "| pending | in_review | a person is deciding |\n"
    "| verified | approved | every required document is verified, and the customer with it |\n"
    "| rejected | resubmit | at least one document was rejected; those can be submitted again |\n"
    "| rejected | declined | final, no resubmission |\n"
    "| pending | expired | a verification ran out |\n\n"
    "`sequence` is the number that webhooks carry; an answer never shows a lower one than a webhook that was sent before.",
    scope="customers:read",
    parameters=(CUSTOMER_ID,),
    answers={
        200: Answer(
            KycStatusSerializer,
            "The status.",
            {
                "Documents are missing": like.kyc_status(
                    "pending", "collecting", _ALL_IN[:2], missing=("PROOF_OF_ADDRESS", "SELFIE"), sequence=3
                ),
                "With the provider": like.kyc_status("pending", "checking", _ALL_IN, sequence=7),
                "Verified": like.kyc_status("verified", "approved", _ALL_VERIFIED, sequence=12),
                "A selfie is asked for again": like.kyc_status("rejected", "resubmit", _ONE_BLURRED, sequence=12),
                "Declined": like.kyc_status("rejected", "declined", _FORGED, sequence=9),
            },
        )
    },
    refused=(CustomerNotFound,),
)
