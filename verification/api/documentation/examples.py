"""What the examples are about: one made-up customer, seen at the turns of her verification. Every value passes its schema (a test)."""

from typing import Any

from verification.lifecycle.reasons import reason

CUSTOMER_ID = "cus-000123"
CUSTOMER_PATH = f"/api/v1/customers/{CUSTOMER_ID}"
DOCUMENT_ID = "doc_mfzwizlgm5qwsylumuqgc3tpoq"
VERIFICATION_ID = "ver_nbswy3dpeb3w64tmmqqgm33smq"
REVIEW_ID = "rev_ovzwk4rao5uxi2dpov2ca3tbnu"
CHECK_ID = "chk_o5ugkzlmebxwmidgn5zhi5lomu"
REGISTERED, LAST_DOCUMENT, DECIDED = "2026-01-05T09:30:00Z", "2026-01-05T09:34:10.250000Z", "2026-01-05T09:34:51.120000Z"

TOLD: dict[str, Any] = {
    "customer_id": CUSTOMER_ID,
    "name": "Anna Maria Eriksson",
    "email": "anna@example.com",
    "phone_number": "+46701234567",
    "date_of_birth": "1974-08-12",
    "address": {"line1": "Storgatan 1", "line2": None, "city": "Uppsala", "postal_code": "753 20", "region": None, "country": "SE"},
    "identity_document": {"type": "passport", "number": "L898902C3", "issuing_country": "SE", "expiry_date": "2032-04-15"},
    "level": "standard",
    "metadata": {"tier": "gold"},
}
TOLD_IN_STRINGS = {
    **{name: TOLD[name] for name in ("customer_id", "name", "email", "phone_number", "date_of_birth")},
    "address": "Storgatan 1, 753 20 Uppsala, Sweden",
    "identity_document": "passport",
}
STANDING = {
    "status": "pending",
    "stage": "collecting",
    "final": False,
    "created_at": REGISTERED,
    "updated_at": REGISTERED,
    "livemode": True,
}
CUSTOMER: dict[str, Any] = {"id": 123456, **TOLD, **STANDING}
CUSTOMER_WITHOUT_PII = {"id": 123456, "customer_id": CUSTOMER_ID, "level": "standard", **STANDING}


def user_reason(code: str) -> dict[str, Any]:
    """Return a reason in the words for the end user."""
    return {"code": code, "message": reason(code).for_user, "user_fixable": reason(code).is_user_fixable}


def reviewer_reason(code: str) -> dict[str, Any]:
    """Return a reason in the words for the merchant's people."""
    return {"code": code, "message": reason(code).for_reviewer, "user_fixable": reason(code).is_user_fixable}


def document(doc_type: str, status: str, *codes: str) -> dict[str, Any]:
    """Return where one document stands."""
    decided_at = DECIDED if status in ("verified", "rejected") else None
    reasons = [user_reason(code) for code in codes]
    return {"doc_type": doc_type, "status": status, "submitted_at": LAST_DOCUMENT, "decided_at": decided_at, "reasons": reasons}


def kyc_status(status: str, stage: str, documents: list[dict[str, Any]], *, missing: tuple[str, ...] = (), sequence: int) -> dict[str, Any]:
    """Return a status whose issues are those of its documents."""
    issues = [{**told, "doc_type": entry["doc_type"]} for entry in documents for told in entry["reasons"]]
    return {
        "customer_id": CUSTOMER_ID,
        "status": status,
        "stage": stage,
        "final": stage in ("approved", "declined"),
        "level": "standard",
        "documents": documents,
        "missing": list(missing),
        "issues": issues,
        "verification_id": VERIFICATION_ID,
        "sequence": sequence,
        "updated_at": DECIDED if issues or stage == "approved" else LAST_DOCUMENT,
        "livemode": True,
    }


def submission(**changed: Any) -> dict[str, Any]:
    """Return a submission that nobody has decided yet, but for what is changed."""
    return {
        "id": DOCUMENT_ID,
        "doc_type": "SELFIE",
        "media_type": "image/jpeg",
        "size_bytes": 184320,
        "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
        "created_at": LAST_DOCUMENT,
        "current": True,
        "outcome": None,
        "reasons": [],
        "decided_at": None,
        "livemode": True,
        **changed,
    }


def check(**changed: Any) -> dict[str, Any]:
    """Return an answered check, but for what is changed."""
    return {
        "id": CHECK_ID,
        "provider": "sandbox",
        "state": "answered",
        "outcome": "clear",
        "reasons": [],
        "error": None,
        "created_at": LAST_DOCUMENT,
        "submitted_at": "2026-01-05T09:34:11.400000Z",
        "answered_at": DECIDED,
        **changed,
    }


def review(**changed: Any) -> dict[str, Any]:
    """Return an open case, but for what is changed."""
    return {
        "id": REVIEW_ID,
        "opened_at": DECIDED,
        "because": ["provider_unsure"],
        "decision": None,
        "reasons": [],
        "decided_at": None,
        "decided_by": None,
        "closed_at": None,
        **changed,
    }


def run(stage: str, **changed: Any) -> dict[str, Any]:
    """Return a run at a stage."""
    return {
        "id": VERIFICATION_ID,
        "customer_id": CUSTOMER_ID,
        "level": "standard",
        "stage": stage,
        "reasons": [],
        "created_at": REGISTERED,
        "submitted_at": None,
        "decided_at": None,
        "decided_by": None,
        "checks": [],
        "reviews": [],
        "livemode": True,
        **changed,
    }


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    """Return a page of a list."""
    cursor = "MjAyNi0wMS0wNVQwOTozMDowMCswMDowMHwxMjM0NTY" if more else None
    return {"data": list(rows), "next_cursor": cursor, "has_more": more}
