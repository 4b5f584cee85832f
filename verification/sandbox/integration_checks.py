"""The row of the last integration check. The caller holds the transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from kyc_platform.errors import Conflict, NotFound
from kyc_platform.ids import new_id
from verification.sandbox.models import IntegrationCheck

THE_ROW = 1
BEGIN_AGAIN = timedelta(seconds=90)  # longer than one takes; a job that was lost is begun again after that


class IntegrationCheckRunning(Conflict):
    """One is graded at a time."""

    code = "integration_check_running"
    title = "An integration check is running"
    remedy = "Read it with `GET /sandbox/integration-check` until it is finished; that takes a minute at most."


class NoIntegrationCheck(NotFound):
    """None was ever started here."""

    code = "integration_check_not_found"
    title = "There was no integration check yet"
    remedy = "Start one with `POST /sandbox/integration-check`."


def begin_check(endpoint_uid: str, *, at: datetime) -> IntegrationCheck:
    """Put a new check in the place of the last one. Of two at once one is refused. Raises IntegrationCheckRunning."""
    none_yet = IntegrationCheck(pk=THE_ROW, uid=new_id("ick"), started_at=at, finished_at=at)
    IntegrationCheck.objects.bulk_create([none_yet], ignore_conflicts=True)
    check = IntegrationCheck.objects.select_for_update().get(pk=THE_ROW)
    if check.finished_at is None:
        raise IntegrationCheckRunning
    check.uid, check.endpoint_uid, check.results = new_id("ick"), endpoint_uid, []
    check.started_at, check.finished_at, check.due_at = at, None, at + BEGIN_AGAIN
    check.save()
    return check


def last_check() -> IntegrationCheck:
    """Return the last one. Raises NoIntegrationCheck."""
    check = IntegrationCheck.objects.first()
    if check is None:
        raise NoIntegrationCheck
    return check


def take_check(uid: str, *, at: datetime) -> IntegrationCheck | None:
    """Return a check that is still to be graded, put off so that nobody else begins it meanwhile; None when it is finished or replaced."""
    check = IntegrationCheck.objects.select_for_update().filter(uid=uid, finished_at=None).first()
    if check is not None:
        check.due_at = at + BEGIN_AGAIN
        check.save(update_fields=["due_at"])
    return check


def finish_check(uid: str, results: Sequence[dict[str, Any]], *, at: datetime) -> None:
    """Write the results down. Of two that graded at once, the first is believed."""
    IntegrationCheck.objects.filter(uid=uid, finished_at=None).update(results=list(results), finished_at=at, due_at=None)


def put_off_due(*, at: datetime) -> list[str]:
    """Return the check whose job was lost, if it is so, and put it off."""
    due = list(IntegrationCheck.objects.select_for_update(skip_locked=True).filter(due_at__lte=at))
    IntegrationCheck.objects.filter(pk__in=[check.pk for check in due]).update(due_at=at + BEGIN_AGAIN)
    return [check.uid for check in due]
