"""Where a customer stands, in the words of both seeds, from one consistent look at the rows."""

from dataclasses import dataclass
from typing import Any

from tenants.routing.context import current_merchant
from verification.customers.models import Customer
from verification.customers.stages import Stage, Status, is_final
from verification.documents.models import Document, DocumentState
from verification.documents.records import documents_of, required_documents
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.reasons import reason
from verification.lifecycle.runs import newest_run
from verification.lifecycle.states import TAKES_DOCUMENTS

LOOKS_MAX = 5


@dataclass(frozen=True)
class Standing:
    """A customer, its documents and its newest run, as they were at one `sequence`."""

    customer: Customer
    documents: dict[DocType, Document]
    run: Verification

    @property
    def required(self) -> list[DocType]:
        """What the level asks of this customer."""
        return required_documents(self.customer)


def standing_of(customer: Customer) -> Standing:
    """Read where a customer stands. A change that commits between the queries is noticed by the sequence, and it is read again."""
    for _ in range(LOOKS_MAX):
        standing = Standing(customer, documents_of(customer), newest_run(customer))
        again = Customer.objects.select_related("level").get(pk=customer.pk)
        if again.sequence == customer.sequence:
            return standing
        customer = again
    return standing  # it changes faster than it can be read: the last look is at most one change old


def merchant_status(standing: Standing) -> dict[str, Any]:
    """Return the second seed's status, whole."""
    customer, run = standing.customer, standing.run
    documents = [document_status(row) for row in _in_order(standing) if row.state != DocumentState.MISSING]
    issues = [
        {"code": code, "doc_type": None, "message": reason(code).for_user, "user_fixable": reason(code).is_user_fixable}
        for code in run.reasons
    ]
    issues += [{**told, "doc_type": document["doc_type"]} for document in documents for told in document["reasons"]]
    return {
        "customer_id": customer.customer_id,
        "status": customer.status,
        "stage": customer.stage,
        "final": is_final(Stage(customer.stage)),
        "level": customer.level.name,
        "documents": documents,
        "missing": [doc_type for doc_type in standing.required if _is_missing(standing, doc_type)],
        "issues": issues,
        "verification_id": run.uid,
        "sequence": customer.sequence,
        "updated_at": customer.updated_at,
        "livemode": current_merchant().livemode,
    }


def document_status(row: Document) -> dict[str, Any]:
    """Return one current document as the merchant sees it."""
    return {
        "doc_type": row.doc_type,
        "status": row.state,
        "submitted_at": row.submission.created_at if row.submission else None,
        "decided_at": row.decided_at,
        "reasons": [{"code": code, "message": reason(code).for_user, "user_fixable": reason(code).is_user_fixable} for code in row.reasons],
    }


def end_user_status(standing: Standing) -> dict[str, Any]:
    """Return the first seed's status: without `doc_status` until something was submitted."""
    customer = standing.customer
    submitted = [row for row in _in_order(standing) if row.state != DocumentState.MISSING]
    is_complete = not any(_is_missing(standing, doc_type) for doc_type in standing.required)
    status: dict[str, Any] = {
        "user_id": customer.pk,
        "status": "verified" if customer.status == Status.VERIFIED else "unverified",
        "submission_status": "SUBMITTED" if is_complete else "NOT_SUBMITTED",
    }
    if submitted:
        status["doc_status"] = [_end_user_document(row, standing) for row in submitted]
    return status


def _end_user_document(row: Document, standing: Standing) -> dict[str, Any]:
    told: dict[str, Any] = {
        "doc_type": row.doc_type,
        "doc_status": "VERIFIED" if row.state == DocumentState.VERIFIED else "UNVERIFIED",
        "can_resubmit": row.state != DocumentState.VERIFIED and Stage(standing.run.stage) in TAKES_DOCUMENTS,
    }
    if row.state == DocumentState.REJECTED:
        told["reasons"] = [reason(code).for_user for code in row.reasons]
    return told


def _in_order(standing: Standing) -> list[Document]:
    order = [*standing.required, *(doc_type for doc_type in DocType if doc_type not in standing.required)]
    return [standing.documents[doc_type] for doc_type in order if doc_type in standing.documents]


def _is_missing(standing: Standing, doc_type: DocType) -> bool:
    row = standing.documents.get(doc_type)
    return row is None or row.state == DocumentState.MISSING
