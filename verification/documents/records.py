"""The documents' rows: what is there, what is missing, what a submission and a result change. The caller holds the customer's lock."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict, InvalidMember, InvalidRequest, NotFound
from verification.customers.models import Customer
from verification.documents.inspection.types import Upload
from verification.documents.models import Document, DocumentState, DocumentSubmission
from verification.documents.vault import StoredObject
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import DocumentResult, Outcome

STATE_OF_OUTCOME = {
    Outcome.CLEAR: DocumentState.VERIFIED,
    Outcome.REJECTED: DocumentState.REJECTED,
    Outcome.SUSPECT: DocumentState.REJECTED,
}
WANTED_STATES = frozenset({DocumentState.MISSING, DocumentState.REJECTED})


class DocumentAlreadyVerified(Conflict):
    """A verified document is not replaced unless it is asked for again."""

    code = "document_already_verified"
    title = "This document is already verified"
    remedy = "Nothing needs to be done: the document counts already."


class DocumentNotRequired(InvalidRequest):
    """The customer's level does not ask for this document."""

    code = "document_not_required"
    title = "This document is not asked for"
    remedy = "Submit one of the documents that `errors` names."


class SubmissionNotFound(NotFound):
    """No submission of this customer has the id."""

    code = "document_not_found"
    title = "There is no such document"
    remedy = "List the documents of the customer with `GET /customers/{customer_id}/documents`."


def required_documents(customer: Customer) -> list[DocType]:
    """Return what the customer's level asks of this customer, in order."""
    return customer.level.documents_required_of(customer.identity_document_type or None)


def documents_of(customer: Customer) -> dict[DocType, Document]:
    """Return the current rows by kind, each with its submission; a kind that was never touched has none. One query."""
    rows = Document.objects.filter(customer=customer).select_related("submission")
    return {DocType(row.doc_type): row for row in rows}


def missing_documents(required: Iterable[DocType], documents: Mapping[DocType, Document]) -> list[DocType]:
    """Return what must still come in before a check can begin: never submitted, asked for again, or rejected."""
    return [doc_type for doc_type in required if doc_type not in documents or documents[doc_type].state in WANTED_STATES]


def check_required(doc_type: DocType, required: Sequence[DocType]) -> None:
    """Raise DocumentNotRequired unless it is one of those that the customer's level asks for."""
    if doc_type not in required:
        wanted = ", ".join(required)
        raise DocumentNotRequired(errors=[InvalidMember("/doc_type", "document_not_required", f"This customer's level asks for {wanted}.")])


def check_wanted(doc_type: DocType, required: Sequence[DocType], documents: Mapping[DocType, Document]) -> None:
    """Raise DocumentNotRequired or DocumentAlreadyVerified; a document that was submitted and not yet checked may be replaced."""
    check_required(doc_type, required)
    if doc_type in documents and documents[doc_type].state == DocumentState.VERIFIED:
        raise DocumentAlreadyVerified("A verified document cannot be replaced.")


def attach_submission(
    verification: Verification, doc_type: DocType, *, upload: Upload, stored: StoredObject, actor: Actor, at: datetime
) -> DocumentSubmission:
    """Add a submission to the history and make it the current one of its kind."""
    submission = DocumentSubmission.objects.create(
        uid=stored.submission_uid,
        customer=verification.customer,
        verification=verification,
        doc_type=doc_type,
        object_key=stored.object_key,
        sha256=upload.sha256,
        size_bytes=upload.size_bytes,
        media_type=upload.media_type,
        created_at=at,
        submitted_by_kind=actor.kind.value,
    )
    Document.objects.update_or_create(
        customer=verification.customer,
        doc_type=doc_type,
        defaults={"state": DocumentState.SUBMITTED, "submission": submission, "decided_at": None, "reasons": []},
    )
    return submission


def note_outcomes(submissions: Iterable[DocumentSubmission], results: Iterable[DocumentResult], *, at: datetime) -> None:
    """Write into the history what a provider or a person found of each submission, whatever the verification makes of it."""
    by_type = {result.doc_type: result for result in results}
    for submission in submissions:
        if (result := by_type.get(DocType(submission.doc_type))) is not None:
            submission.outcome, submission.reasons, submission.decided_at = result.outcome.value, list(result.reasons), at
            submission.save(update_fields=["outcome", "reasons", "decided_at"])


def apply_results(documents: Mapping[DocType, Document], results: Iterable[DocumentResult], *, at: datetime) -> list[Document]:
    """Set the state of each document by its result and return those whose state changed. An unsure result changes nothing."""
    changed = []
    for result in results:
        document = documents.get(result.doc_type)
        state = STATE_OF_OUTCOME.get(result.outcome)
        if document is None or state is None or document.state == DocumentState.MISSING:
            continue  # nobody has decided it, or there is nothing there to decide
        if document.state != state or document.reasons != list(result.reasons):
            if document.state != state:
                changed.append(document)
            document.state, document.decided_at, document.reasons = state, at, list(result.reasons)
            document.save(update_fields=["state", "decided_at", "reasons"])
    return changed


def ask_again(document: Document) -> None:
    """Make a document count no longer: it is missing until a new one comes in. Its submission stays in the history."""
    document.state, document.submission, document.decided_at, document.reasons = DocumentState.MISSING, None, None, []
    document.save(update_fields=["state", "submission", "decided_at", "reasons"])


def uncheck(documents: Iterable[Document]) -> None:
    """Take back what was decided of verified documents, because what they were compared with has changed: they are checked again."""
    for document in documents:
        if document.state == DocumentState.VERIFIED:
            document.state, document.decided_at, document.reasons = DocumentState.SUBMITTED, None, []
            document.save(update_fields=["state", "decided_at", "reasons"])


def find_submission(customer: Customer, uid: str) -> DocumentSubmission:
    """Return one submission of this customer by its public id. Raises SubmissionNotFound, also for another customer's."""
    try:
        return DocumentSubmission.objects.get(customer=customer, uid=uid)
    except DocumentSubmission.DoesNotExist:
        raise SubmissionNotFound("No document of this customer has this id.") from None
