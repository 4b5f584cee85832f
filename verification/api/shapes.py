"""What the merchant API answers with: plain members from rows. Sealed members are opened for keys with `pii:read` only."""

from collections.abc import Iterable
from typing import Any

from tenants.api_keys.cache import VerifiedKey
from tenants.routing.context import current_merchant
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.sealed import SEALED_MEMBERS, open_members
from verification.customers.stages import Stage, is_final
from verification.documents.models import DocumentSubmission
from verification.lifecycle.models import Verification
from verification.lifecycle.reasons import reason
from verification.providers.models import ProviderCheck
from verification.reviews.models import Review
from verification.workflow.updating import Reverification

PII_SCOPE = "pii:read"


def customer_shape(customer: Customer, key: VerifiedKey) -> dict[str, Any]:
    """Return a customer; without `pii:read` the members that are sealed are left out."""
    sealed = open_members(customer, customer_keyring(customer), SEALED_MEMBERS) if PII_SCOPE in key.scopes else {}
    return {
        "id": customer.pk,
        "customer_id": customer.customer_id,
        **sealed,
        "level": customer.level.name,
        "status": customer.status,
        "stage": customer.stage,
        "final": is_final(Stage(customer.stage)),
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "livemode": current_merchant().livemode,
    }


def reverification_shape(reverification: Reverification) -> dict[str, Any]:
    """Return what a replacement set in motion."""
    return {
        "required": reverification.is_required,
        "because": list(reverification.because),
        "documents": [doc_type.value for doc_type in reverification.documents],
    }


def reasons_shape(codes: Iterable[str]) -> list[dict[str, Any]]:
    """Return reasons with the words for the merchant's people."""
    return [{"code": code, "message": reason(code).for_reviewer, "user_fixable": reason(code).is_user_fixable} for code in codes]


def submission_shape(submission: DocumentSubmission, *, is_current: bool) -> dict[str, Any]:
    """Return one submission of the history."""
    return {
        "id": submission.uid,
        "doc_type": submission.doc_type,
        "media_type": submission.media_type,
        "size_bytes": submission.size_bytes,
        "sha256": submission.sha256,
        "created_at": submission.created_at,
        "current": is_current,
        "outcome": submission.outcome or None,
        "reasons": reasons_shape(submission.reasons),
        "decided_at": submission.decided_at,
        "livemode": current_merchant().livemode,
    }


def verification_shape(run: Verification, checks: Iterable[ProviderCheck], reviews: Iterable[Review]) -> dict[str, Any]:
    """Return a run with its checks and its reviews."""
    return {
        "id": run.uid,
        "customer_id": run.customer.customer_id,
        "level": run.level.name,
        "stage": run.stage,
        "reasons": reasons_shape(run.reasons),
        "created_at": run.opened_at,
        "submitted_at": run.submitted_at,
        "decided_at": run.decided_at,
        "decided_by": run.decided_by_kind or None,
        "checks": [check_shape(check) for check in checks],
        "reviews": [review_shape(review) for review in reviews],
        "livemode": current_merchant().livemode,
    }


def check_shape(check: ProviderCheck) -> dict[str, Any]:
    """Return one question to a provider."""
    return {
        "id": check.uid,
        "provider": check.provider,
        "state": check.state,
        "outcome": check.outcome or None,
        "reasons": reasons_shape(check.reasons),
        "error": check.last_error or None,
        "created_at": check.created_at,
        "submitted_at": check.submitted_at,
        "answered_at": check.answered_at,
    }


def review_shape(review: Review) -> dict[str, Any]:
    """Return one case for a person, with what the person said."""
    return {
        "id": review.uid,
        "opened_at": review.opened_at,
        "because": list(review.because),
        "decision": review.decision or None,
        "reasons": reasons_shape(review.reasons),
        "decided_at": review.decided_at,
        "decided_by": {"kind": review.decided_by_kind, "id": review.decided_by_id} if review.decided_at else None,
        "closed_at": review.closed_at,
    }
