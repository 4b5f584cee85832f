"""How a complete set of documents is put to the provider, and how its answer is waited for."""

from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from kyc_platform.actor import SYSTEM
from kyc_platform.schema import current_schema
from kyc_platform.storage.client import StorageUnavailable
from tenants.routing.context import current_merchant
from verification import jobs
from verification.callbacks.route_tokens import route_token
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import lock_customer
from verification.customers.sealed import open_data
from verification.customers.stages import Stage
from verification.customers.validation.stored import to_members
from verification.customers.validation.types import CustomerData
from verification.documents import records, vault
from verification.documents.models import DocumentSubmission
from verification.events.types import AuditType
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.providers import checks
from verification.providers.interface import Applicant, ErrorClass, ProviderError, Submission, SubmittedDocument
from verification.providers.models import RUNNING, CheckState, ProviderCheck
from verification.providers.registry import ProviderNotAvailable, provider_for
from verification.workflow.announcing import record, record_change
from verification.workflow.deciding import apply_answer, send_to_review

ATTEMPTS_MAX = 8
BACKOFF_SECONDS = (5, 15, 60, 120, 300, 900, 1800, 3600)
POLL_SECONDS = (10, 30, 60, 120, 300, 900, 1800, 3600, 3600, 7200, 21_600)
LEASE_SECONDS = 30  # what a worker that died was asking is asked by the sweep after that; so is what takes longer, under the same keys
REVIEW_CHECK_UNAVAILABLE = "check_unavailable"


def start_check(*, verification_pk: int, at: datetime) -> None:
    """Put a submitted verification to its provider. Safe to run twice and at once: there is one running check, and its id is the key.

    A provider in trouble is asked again later, by way of `due_at`; after ATTEMPTS_MAX, or when it refuses, a person decides.
    """
    with transaction.atomic():
        verification = lock_run(verification_pk)
        if verification.stage != Stage.SUBMITTED:
            return  # another run of this job has put it to the provider, or it was cancelled
        documents = records.documents_of(verification.customer)
        required = records.required_documents(verification.customer)
        submissions = [documents[doc_type].submission for doc_type in required]
        check = checks.reserve_check(
            verification,
            provider=verification.level.provider,
            submission_ids=[submission.pk for submission in submissions if submission is not None],
            at=at,
        )
        _due(verification, at + timedelta(seconds=LEASE_SECONDS))
    try:
        adapter = provider_for(check.provider, livemode=current_merchant().livemode)
        question = _question(verification, check)
        reference = adapter.submit(question, check.progress, partial(checks.save_progress, check.pk))
    except ProviderNotAvailable:
        _give_up(check, at=at)
    except ProviderError as error:
        _note_trouble(check, error, at=at)
    except StorageUnavailable:
        _note_trouble(check, ProviderError(ErrorClass.RETRY, "the documents cannot be read"), at=at)
    else:
        _note_submitted(check, reference, at=at)


def poll_check(*, verification_pk: int, at: datetime) -> None:
    """Ask the provider for the state of a check whose callback has not come. Safe to run twice."""
    with transaction.atomic():
        verification = lock_run(verification_pk)
        check = checks.running_check(verification)
        if verification.stage != Stage.CHECKING or check is None:
            return  # it was decided meanwhile
        if at >= check.deadline_at:
            _fail(verification, check, at=at)
            return
        _due(verification, at + timedelta(seconds=LEASE_SECONDS))
    fetch_and_apply(check, at=at)


def fetch_and_apply(check: ProviderCheck, *, at: datetime) -> None:
    """Fetch the authoritative state of a check, and apply it. What a callback claims is never believed."""
    try:
        adapter = provider_for(check.provider, livemode=current_merchant().livemode)
        raw = adapter.fetch(check.reference)
    except ProviderNotAvailable:
        _give_up(check, at=at)
    except ProviderError as error:
        _note_trouble(check, error, at=at)
    else:
        result = adapter.normalise(raw) if raw.is_final else None
        apply_answer(check.pk, result=result, raw=raw, at=at)
        if not raw.is_final:
            _poll_later(check, at=at)


def lock_run(verification_pk: int) -> Verification:
    """Return a run under its customer's lock, freshly read."""
    customer_pk = Verification.objects.values_list("customer_id", flat=True).get(pk=verification_pk)
    customer = lock_customer(customer_pk)
    verification = Verification.objects.select_related("level").get(pk=verification_pk)
    verification.customer = customer
    return verification


def _question(verification: Verification, check: ProviderCheck) -> Submission:
    """Open what the provider needs to see. Network: the documents come from S3."""
    customer = verification.customer
    keyring = customer_keyring(customer)
    submissions = DocumentSubmission.objects.filter(pk__in=check.submission_ids).order_by("pk")
    documents = tuple(SubmittedDocument(DocType(s.doc_type), s.pk, s.media_type, vault.open_submission(s, keyring)) for s in submissions)
    data = open_data(customer, keyring)
    return Submission(
        idempotency_key=check.uid,
        applicant=applicant_of(customer, data),
        documents=documents,
        callback_url=f"{settings.PUBLIC_BASE_URL}/callbacks/{check.provider}/{route_token(current_schema(), check.provider)}",
        livemode=current_merchant().livemode,
        hints=data.metadata,
    )


def applicant_of(customer: Customer, data: CustomerData) -> Applicant:
    """Return a customer as providers are told of it."""
    members = to_members(data)
    return Applicant(
        reference=customer.uid,
        name=data.name,
        date_of_birth=data.date_of_birth,
        address=_as_mapping(members["address"], "line1"),
        identity_document=_as_mapping(members["identity_document"], "type"),
        email=data.email,
        phone_number=data.phone_number,
    )


def _as_mapping(value: object, only: str) -> dict[str, str | None]:
    return dict(value) if isinstance(value, dict) else {only: None if value is None else str(value)}


def _note_submitted(check: ProviderCheck, reference: str, *, at: datetime) -> None:
    with transaction.atomic():
        verification = lock_run(check.verification_id)
        check.refresh_from_db()
        if check.state != CheckState.RESERVED:
            return  # the other worker that asked noted it, or the run was cancelled while the provider was being asked
        checks.note_submitted(check, reference=reference, at=at)
        due_at = at + timedelta(seconds=POLL_SECONDS[0])
        verification.move_to(Stage.CHECKING, at=at, due_at=due_at)
        data = {"check_id": check.uid, "provider": check.provider}
        record_change(AuditType.CHECK_SUBMITTED, verification.customer, verification=verification, actor=SYSTEM, at=at, data=data)
        jobs.look_again(due_at)


def _note_trouble(check: ProviderCheck, error: ProviderError, *, at: datetime) -> None:
    with transaction.atomic():
        verification = lock_run(check.verification_id)
        check.refresh_from_db()
        if check.state not in RUNNING:
            return  # decided or superseded meanwhile
        checks.note_trouble(check, error.error_class)
        is_hopeless = error.error_class is ErrorClass.REFUSED or check.attempts >= ATTEMPTS_MAX or at >= check.deadline_at
        if is_hopeless:
            _fail(verification, check, at=at)
        else:
            wait = max(BACKOFF_SECONDS[check.attempts - 1], error.retry_after_seconds or 0)
            _due(verification, at + timedelta(seconds=wait))


def _give_up(check: ProviderCheck, *, at: datetime) -> None:
    with transaction.atomic():
        verification = lock_run(check.verification_id)
        check.refresh_from_db()
        if check.state in RUNNING:
            _fail(verification, check, at=at)


def _fail(verification: Verification, check: ProviderCheck, *, at: datetime) -> None:
    checks.close_check(check, CheckState.FAILED)
    data = {"check_id": check.uid, "provider": check.provider, "error": check.last_error or "overdue"}
    record(AuditType.CHECK_FAILED, customer=verification.customer, actor=SYSTEM, at=at, data=data)
    send_to_review(verification, because=(REVIEW_CHECK_UNAVAILABLE,), actor=SYSTEM, at=at)


def _poll_later(check: ProviderCheck, *, at: datetime) -> None:
    """Put the next poll off further the longer the check has been running, but never past its deadline."""
    with transaction.atomic():
        verification = lock_run(check.verification_id)
        check.refresh_from_db()
        if verification.stage != Stage.CHECKING or check.state != CheckState.SUBMITTED:
            return  # decided meanwhile
        checks.note_call_worked(check)
        waited = (at - (check.submitted_at or at)).total_seconds()
        elapsed, wait = 0, POLL_SECONDS[-1]
        for seconds in POLL_SECONDS:
            elapsed += seconds
            if elapsed > waited:
                wait = seconds
                break
        _due(verification, min(at + timedelta(seconds=wait), check.deadline_at))


def _due(verification: Verification, due_at: datetime) -> None:
    verification.due_at = due_at
    verification.save(update_fields=["due_at"])
    jobs.look_again(due_at)
