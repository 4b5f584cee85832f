"""The catalogue of event types. A merchant may subscribe to any of them; a name that is not here is refused."""

from enum import StrEnum


class EventType(StrEnum):
    """What can happen. The values are frozen: merchants' code switches on them."""

    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_ERASED = "customer.erased"
    DOCUMENT_SUBMITTED = "document.submitted"
    DOCUMENT_VERIFIED = "document.verified"
    DOCUMENT_REJECTED = "document.rejected"
    VERIFICATION_SUBMITTED = "verification.submitted"
    VERIFICATION_IN_REVIEW = "verification.in_review"
    VERIFICATION_APPROVED = "verification.approved"
    VERIFICATION_DECLINED = "verification.declined"
    VERIFICATION_RESUBMISSION_REQUESTED = "verification.resubmission_requested"
    VERIFICATION_EXPIRED = "verification.expired"
    VERIFICATION_REOPENED = "verification.reopened"
    REPORT_READY = "report.ready"
    API_KEY_ANOMALY_DETECTED = "api_key.anomaly_detected"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"
    TEST_PING = "test.ping"


class AuditType(StrEnum):
    """What is kept in the same log for the auditor, and told to no webhook."""

    DOCUMENT_VIEWED = "audit.document_viewed"
    CHECK_SUBMITTED = "audit.check_submitted"
    CHECK_SUPERSEDED = "audit.check_superseded"
    CHECK_FAILED = "audit.check_failed"
    VERIFICATION_CANCELLED = "audit.verification_cancelled"
    ACCESS_TOKEN_ISSUED = "audit.access_token_issued"  # noqa: S105  # the name of an event, not a secret
    ACCESS_TOKENS_REVOKED = "audit.access_tokens_revoked"
    WEBHOOK_ENDPOINT_CREATED = "audit.webhook_endpoint_created"
    WEBHOOK_ENDPOINT_DELETED = "audit.webhook_endpoint_deleted"
    WEBHOOK_ENDPOINT_UPDATED = "audit.webhook_endpoint_updated"
    WEBHOOK_SECRET_ROTATED = "audit.webhook_secret_rotated"  # noqa: S105  # the name of an event, not a secret
    WEBHOOK_EVENTS_RECOVERED = "audit.webhook_events_recovered"
    EVENT_RESENT = "audit.event_resent"
    CUSTOMER_SIMULATED = "audit.customer_simulated"
    INTEGRATION_CHECK_STARTED = "audit.integration_check_started"
    WEBHOOK_CHAOS_ASKED = "audit.webhook_chaos_asked"
    SANDBOX_CLOCK_ADVANCED = "audit.sandbox_clock_advanced"


AUDIT_PREFIX = "audit."  # what begins so is shown to no merchant as an event
