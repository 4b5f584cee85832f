"""The rows of checks: reserved before the network, noted after it. The caller holds the customer's lock, but for `save_progress`."""

from datetime import datetime, timedelta

from kyc_platform.ids import new_id
from verification.lifecycle.models import Verification
from verification.lifecycle.outcomes import CheckResult
from verification.providers.interface import ErrorClass
from verification.providers.models import RUNNING, CheckState, ProviderCheck


def reserve_check(verification: Verification, *, provider: str, submission_ids: list[int], at: datetime) -> ProviderCheck:
    """Return the running check of a verification, or begin the next one. The same question is asked once, under one id."""
    running = running_check(verification)
    if running is not None:
        return running
    newest = newest_check(verification)
    return ProviderCheck.objects.create(
        uid=new_id("chk"),
        verification=verification,
        number=newest.number + 1 if newest else 1,
        provider=provider,
        submission_ids=submission_ids,
        created_at=at,
        deadline_at=at + timedelta(hours=verification.level.check_hours_max),
    )


def running_check(verification: Verification) -> ProviderCheck | None:
    """Return the check that is under way, if one is."""
    return ProviderCheck.objects.filter(verification=verification, state__in=RUNNING).first()


def newest_check(verification: Verification) -> ProviderCheck | None:
    """Return the check with the highest number, if there is any."""
    return ProviderCheck.objects.filter(verification=verification).order_by("-number").first()


def save_progress(check_pk: int, name: str, remote_id: str) -> None:
    """Store one remote id, durably, in a transaction of its own. Only the worker that asks the provider writes it."""
    check = ProviderCheck.objects.get(pk=check_pk)
    check.progress = {**check.progress, name: remote_id}
    check.save(update_fields=["progress"])


def note_submitted(check: ProviderCheck, *, reference: str, at: datetime) -> None:
    """Note that the provider has the question."""
    check.state, check.reference, check.submitted_at = CheckState.SUBMITTED, reference, at
    check.attempts, check.last_error = 0, ""
    check.save(update_fields=["state", "reference", "submitted_at", "attempts", "last_error"])


def note_trouble(check: ProviderCheck, error_class: ErrorClass) -> None:
    """Count one more failed call."""
    check.attempts += 1
    check.last_error = error_class.value
    check.save(update_fields=["attempts", "last_error"])


def note_call_worked(check: ProviderCheck) -> None:
    """Forget the failed calls before the one that worked."""
    if check.attempts:
        check.attempts, check.last_error = 0, ""
        check.save(update_fields=["attempts", "last_error"])


def note_answer(check: ProviderCheck, result: CheckResult, *, raw_sealed: bytes, raw_sha256: str, at: datetime) -> None:
    """Keep the provider's answer: what it comes down to, and the sealed bytes as evidence."""
    check.state, check.answered_at = CheckState.ANSWERED, at
    check.outcome, check.reasons, check.result_version = result.outcome.value, list(result.reasons), result.version
    check.raw_sealed, check.raw_sha256 = raw_sealed, raw_sha256
    check.save(update_fields=["state", "answered_at", "outcome", "reasons", "result_version", "raw_sealed", "raw_sha256"])


def note_reopened(check: ProviderCheck, *, hours: int, at: datetime) -> None:
    """Note that the provider has taken its answer back; it has the same time again to give another."""
    check.state, check.submitted_at, check.deadline_at = CheckState.SUBMITTED, at, at + timedelta(hours=hours)
    check.save(update_fields=["state", "submitted_at", "deadline_at"])


def close_check(check: ProviderCheck, state: CheckState) -> None:
    """End a running check without an answer: FAILED or SUPERSEDED. What the provider says of it later changes nothing."""
    check.state = state
    check.save(update_fields=["state"])


def find_by_reference(provider: str, reference: str) -> ProviderCheck | None:
    """Return the check that a provider means, with its verification; None when no check of this merchant has the reference."""
    return ProviderCheck.objects.select_related("verification").filter(provider=provider, reference=reference).first()
