"""Since when an endpoint has only failed, what its merchant is warned of and when, and what disables it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from verification.webhooks.models import EndpointState, EndpointWarning, WarningCode, WebhookEndpoint
from verification.webhooks.sender import Posted

GONE_STATUS = 410
GONE, FAILING = "gone", "failing"
FAILING_MAX = timedelta(days=5)
WARN_AFTER = {
    WarningCode.FAILING_FOR_AN_HOUR: timedelta(hours=1),
    WarningCode.FAILING_FOR_A_DAY: timedelta(days=1),
    WarningCode.DISABLED_IN_A_DAY: FAILING_MAX - timedelta(days=1),
}
MAIL_AGAIN = timedelta(minutes=10)  # also the lease of a process that is mailing
MAILS_MAX = 144  # for a day; then the API's word is all there is


@dataclass(frozen=True, slots=True)
class DueWarning:
    """A warning to be mailed."""

    pk: int
    code: WarningCode
    endpoint_uid: str
    failing_since: datetime | None
    disabled_because: str


def note_health(endpoint: WebhookEndpoint, posted: Iterable[Posted]) -> None:
    """Note since when an endpoint has only failed, and plan its warnings, or drop them after a success. The caller holds its lock."""
    failures = [one.at for one in posted if one.failure]
    is_failing = all(one.failure for one in posted)
    since = (endpoint.failing_since or min(failures)) if is_failing and failures else None
    if since == endpoint.failing_since:
        return
    endpoint.failing_since = since
    endpoint.save(update_fields=["failing_since"])
    forget_warnings(endpoint)
    if since is not None:
        planned = [EndpointWarning(endpoint=endpoint, code=code, due_at=since + wait) for code, wait in WARN_AFTER.items()]
        EndpointWarning.objects.bulk_create(planned)


def reason_to_disable(endpoint: WebhookEndpoint, posted: Iterable[Posted], *, at: datetime) -> str | None:
    """Return why an endpoint is to be disabled now: it said that it is gone, or it has only failed for five days. None when it is not.

    Never for failing while one of its warnings has not been given: those who were to give them were not running.
    """
    if endpoint.state != EndpointState.ENABLED:
        return None
    if any(one.status_code == GONE_STATUS for one in posted):
        return GONE
    if endpoint.failing_since is None or at - endpoint.failing_since < FAILING_MAX:
        return None
    return None if EndpointWarning.objects.filter(endpoint=endpoint, warned_at__isnull=True).exists() else FAILING


def forget_warnings(endpoint: WebhookEndpoint) -> None:
    """Drop an endpoint's warnings: it is well, or new, or gone. The caller holds its lock."""
    EndpointWarning.objects.filter(endpoint=endpoint).delete()


def warn_of_end(endpoint: WebhookEndpoint, *, at: datetime) -> None:
    """Have the merchant told that an endpoint was disabled, instead of what it was to be warned of. The caller holds its lock."""
    EndpointWarning.objects.filter(endpoint=endpoint, warned_at__isnull=True).delete()
    EndpointWarning.objects.create(endpoint=endpoint, code=WarningCode.DISABLED, due_at=at, warned_at=at)


def is_warning_due(*, at: datetime) -> bool:
    """Tell whether there is one to be given, or to be mailed."""
    return EndpointWarning.objects.filter(due_at__lte=at).exists()


def take_due_warnings(*, limit: int, at: datetime) -> list[DueWarning]:
    """Give the warnings that are due, which the API shows from then on, and return them to be mailed. Part of a transaction.

    Each comes back after MAIL_AGAIN, unless it is noted as mailed by then, MAILS_MAX times at most.
    """
    due = EndpointWarning.objects.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint").filter(due_at__lte=at)
    taken = []
    for warning in due.order_by("due_at", "pk")[:limit]:
        warning.warned_at = warning.warned_at or at
        warning.mail_count += 1
        warning.due_at = at + MAIL_AGAIN if warning.mail_count < MAILS_MAX else None
        warning.save(update_fields=["warned_at", "mail_count", "due_at"])
        endpoint = warning.endpoint
        code = WarningCode(warning.code)
        taken.append(DueWarning(warning.pk, code, endpoint.uid, endpoint.failing_since, endpoint.disabled_because))
    return taken


def note_mailed(pk: int) -> None:
    """Note that a warning needs no further mail; one that was dropped meanwhile is not there any more."""
    EndpointWarning.objects.filter(pk=pk).update(due_at=None)
