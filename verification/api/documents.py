"""The document endpoints of the merchant API: submit, list, open."""

from io import BytesIO

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.paging import page_of, read_page
from kyc_platform.requests.uploads import FILE_TOO_BIG
from verification.api import documentation as docs
from verification.api.base import DocumentParser, MerchantView, members_of, query_of, read_choice, refuse_unknown
from verification.api.decoding import NotBase64, document_bytes
from verification.api.idempotent import event_beside
from verification.api.shapes import submission_shape
from verification.api.status import document_status, standing_of
from verification.customers.records import find_customer, find_customer_by_pk
from verification.documents.inspection.errors import FileTooBig, UploadRefused
from verification.documents.models import DocumentSubmission
from verification.documents.records import documents_of, find_submission
from verification.events.models import Event
from verification.events.types import EventType
from verification.levels.doc_types import DocType
from verification.workflow.collecting import submit_document
from verification.workflow.viewing import open_document

DOC_TYPES = tuple(DocType.values)
JSON_MEMBERS = ("doc_type", "doc_body")
MULTIPART_MEMBERS = ("doc_type", "file")


class DocumentList(MerchantView):
    """`/customers/{customer_id}/documents`."""

    parser_classes = [DocumentParser, MultiPartParser]
    required_scopes = {"POST": "documents:write", "GET": "customers:read"}

    @extend_schema(**docs.SUBMIT_DOCUMENT)
    def post(self, request: Request, customer_id: str) -> Response:
        """Submit a document. 201; 404; 409 when it is not wanted now; 413 or 422 with the reason why the bytes are refused."""
        customer = find_customer(customer_id)
        is_multipart = (request.content_type or "").startswith("multipart/")
        try:
            doc_type = _doc_type(request, is_multipart=is_multipart)
            submission = submit_document(
                customer_pk=customer.pk,
                doc_type=doc_type,
                body=_file(request) if is_multipart else _base64(request),  # in no variable here: the workflow lets go of it early
                actor=self.actor,
                at=self.now,
            )
        except UploadRefused as refused:
            refused.errors = (InvalidMember("/file" if is_multipart else "/doc_body", refused.code, refused.detail),)
            raise
        return Response(submission_shape(submission, is_current=True), status=201)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the submission that was stored."""
        submitted = event_beside(event, EventType.DOCUMENT_SUBMITTED)
        customer = find_customer_by_pk(submitted.customer_pk or 0)
        submission = find_submission(customer, submitted.data["document_id"])
        is_current = documents_of(customer)[DocType(submission.doc_type)].submission_id == submission.pk
        return Response(submission_shape(submission, is_current=is_current), status=201)

    @extend_schema(**docs.LIST_DOCUMENTS)
    def get(self, request: Request, customer_id: str) -> Response:
        """List the current documents and a page of every submission, newest first. 200, or 404."""
        page = read_page(query_of(request, ("limit", "cursor")))
        standing = standing_of(find_customer(customer_id))
        current = {row.submission_id for row in standing.documents.values()}
        rows = DocumentSubmission.objects.filter(customer=standing.customer)
        history = page_of(rows, page, lambda row: submission_shape(row, is_current=row.pk in current))
        documents = [{**document_status(row), "id": row.submission.uid if row.submission else None} for row in standing.documents.values()]
        return Response({"current": documents, **history})


class DocumentContent(MerchantView):
    """`/customers/{customer_id}/documents/{id}/content`."""

    required_scopes = {"GET": "documents:read"}

    @extend_schema(**docs.READ_DOCUMENT)
    def get(self, request: Request, customer_id: str, document_id: str) -> HttpResponse:
        """Send the opened bytes of a submission, and leave an audit record. 200, or 404."""
        customer = find_customer(customer_id)
        submission = find_submission(customer, document_id)
        body = open_document(submission, actor=self.actor, at=self.now)
        return HttpResponse(
            body,
            content_type=submission.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{submission.uid}"',
                "Content-Security-Policy": "sandbox",
                "X-Content-Type-Options": "nosniff",
            },
        )


def _doc_type(request: Request, *, is_multipart: bool) -> DocType:
    if is_multipart:
        files = request.FILES  # reading them finds a file that is too big
        if request.META.get(FILE_TOO_BIG):
            raise FileTooBig
        refuse_unknown({**request.POST, **files}, MULTIPART_MEMBERS)
        return DocType(read_choice({"doc_type": request.POST.get("doc_type")}, "doc_type", DOC_TYPES))
    members = members_of(request)
    refuse_unknown(members, JSON_MEMBERS)
    return DocType(read_choice(members, "doc_type", DOC_TYPES))


def _base64(request: Request) -> bytes:
    try:
        return document_bytes(members_of(request).pop("doc_body", None))
    except NotBase64:
        remedy = "Give the file's bytes as base64, or as a base64 data URL."
        raise InvalidRequest(errors=[InvalidMember("/doc_body", "not_base64", remedy)]) from None


def _file(request: Request) -> bytes:
    upload = request.FILES.get("file")
    if upload is None or not isinstance(upload.file, BytesIO):
        raise InvalidRequest(errors=[InvalidMember("/file", "required", "Send the document as the part `file`, with a file name.")])
    body = upload.file.getvalue()
    upload.close()
    return body
