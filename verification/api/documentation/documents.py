"""What the document says of the document endpoints."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from kyc_platform.crypto.root import RootKeyUnavailable
from kyc_platform.errors import InvalidMember
from kyc_platform.storage.client import ObjectMissing, StorageUnavailable
from verification.api.documentation import examples as like
from verification.api.documentation.operation import CUSTOMER_ID, PAGING, Answer, operation
from verification.api.documentation.problems import Refusal
from verification.api.documentation.verification_schemas import (
    DocumentInputSerializer,
    DocumentPageSerializer,
    DocumentSubmissionSerializer,
    DocumentUploadSerializer,
)
from verification.customers.keys import CustomerErased
from verification.customers.records import CustomerNotFound
from verification.documents.inspection import errors as refusing
from verification.documents.inspection.types import MediaType
from verification.documents.records import DocumentAlreadyVerified, DocumentNotRequired, SubmissionNotFound
from verification.workflow.collecting import BeingChecked, NotCollecting

TAG = "Documents"
PATH = f"{like.CUSTOMER_PATH}/documents"
REFUSED_UPLOADS = (
    refusing.FileIsEmpty,
    refusing.FileTooBig,
    refusing.FileTypeNotAccepted,
    refusing.ImageUnreadable,
    refusing.ImageTruncated,
    refusing.ImageTooSmall,
    refusing.ImageTooLarge,
    refusing.ImageAnimated,
    refusing.PdfUnreadable,
    refusing.PdfEncrypted,
    refusing.PdfActiveContent,
    refusing.PdfHasNoPages,
    refusing.PdfTooManyPages,
)
A_SMALL_IMAGE = "UklGRhIAAABXRUJQVlA4TAYAAAAvQWxvAGs="
ASKED_FOR = "This customer's level asks for ID_FRONT, PROOF_OF_ADDRESS, SELFIE."

SUBMIT_DOCUMENT = operation(
    "submit_document",
    path=PATH,
    tag=TAG,
    summary="Submit a document",
    description="As a file (`multipart/form-data`) or as base64 in JSON. JPEG, PNG, WebP and HEIC for every kind; PDF for the "
    "proof of address. The bytes decide what a file is, never its name or header. At most 10 MB and 40 megapixels. Metadata such as the "
    "place where a photo was taken is not kept.\n\nWith the last required document the check begins. A submitted document may be replaced "
    "until then, a rejected one afterwards; a verified one may not, unless it was asked for again.",
    scope="documents:write",
    parameters=(CUSTOMER_ID,),
    body={"application/json": DocumentInputSerializer, "multipart/form-data": DocumentUploadSerializer},
    bodies={"A selfie as base64": {"doc_type": "SELFIE", "doc_body": A_SMALL_IMAGE}},
    answers={201: Answer(DocumentSubmissionSerializer, "The submission.", {"Submitted": like.submission()})},
    refused=(
        CustomerNotFound,
        CustomerErased,
        DocumentAlreadyVerified,
        BeingChecked,
        NotCollecting,
        Refusal(DocumentNotRequired, errors=(InvalidMember("/doc_type", "document_not_required", ASKED_FOR),)),
        *(Refusal(error, errors=(InvalidMember("/file", error.code, error.remedy),)) for error in REFUSED_UPLOADS),
        StorageUnavailable,
        RootKeyUnavailable,
    ),
    invalid=(InvalidMember("/doc_body", "not_base64", "Give the file's bytes as base64, or as a base64 data URL."),),
)


LIST_DOCUMENTS = operation(
    "list_documents",
    path=PATH,
    tag=TAG,
    summary="List a customer's documents",
    description="`current` is where each kind of document stands, `data` a page of every submission there ever was, the newest first.",
    scope="customers:read",
    parameters=(CUSTOMER_ID, *PAGING),
    answers={
        200: Answer(
            DocumentPageSerializer,
            "The documents.",
            {
                "A selfie that was rejected": {
                    "current": [{**like.document("SELFIE", "rejected", "image_blurred"), "id": like.DOCUMENT_ID}],
                    **like.page(
                        like.submission(outcome="rejected", reasons=[like.reviewer_reason("image_blurred")], decided_at=like.DECIDED)
                    ),
                },
                "Nothing was submitted": {"current": [], **like.page()},
            },
        )
    },
    refused=(CustomerNotFound,),
    invalid=(InvalidMember("/limit", "invalid_limit", "Give a whole number from 1 to 100."),),
)

READ_DOCUMENT = operation(
    "read_document_content",
    path=f"{PATH}/{like.DOCUMENT_ID}/content",
    tag=TAG,
    summary="Open a document",
    description="Sends the file of one submission, decrypted. The look is kept in the audit log. Never cached.",
    scope="documents:read",
    parameters=(CUSTOMER_ID, OpenApiParameter("document_id", str, OpenApiParameter.PATH, description="the `id` of a submission")),
    answers={200: [Answer(OpenApiTypes.BINARY, "The file.", {}, media_type=kind.value) for kind in MediaType]},
    refused=(CustomerNotFound, SubmissionNotFound, CustomerErased, ObjectMissing, StorageUnavailable, RootKeyUnavailable),
)
