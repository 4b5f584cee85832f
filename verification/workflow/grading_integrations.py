"""How a merchant's own endpoint is graded, so that it is known to be careful before anybody depends on it."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kyc_platform.actor import Actor
from verification import jobs
from verification.events.types import AuditType
from verification.sandbox.errors import require_sandbox
from verification.sandbox.integration_checks import begin_check, finish_check, last_check, take_check
from verification.sandbox.models import IntegrationCheck
from verification.webhooks.endpoints import EndpointNotFound, find_endpoint, signing_keys_of
from verification.webhooks.grading import grade
from verification.webhooks.models import EndpointState
from verification.workflow.announcing import record
from verification.workflow.recovering import EndpointDisabled


def start_integration_check(endpoint_uid: str, *, actor: Actor, at: datetime) -> IntegrationCheck:
    """Have an endpoint of the current sandbox graded, one at a time. The results take the place of the last ones.

    Raises SandboxOnly, EndpointNotFound, EndpointDisabled or IntegrationCheckRunning.
    """
    require_sandbox()
    with transaction.atomic():
        endpoint = find_endpoint(endpoint_uid)
        if endpoint.state != EndpointState.ENABLED:
            raise EndpointDisabled
        check = begin_check(endpoint.uid, at=at)
        data = {"integration_check_id": check.uid, "webhook_endpoint_id": endpoint.uid}
        record(AuditType.INTEGRATION_CHECK_STARTED, actor=actor, at=at, data=data)
        jobs.grade_integration(check.uid)
        jobs.look_again(check.due_at or at)
    return check


def read_integration_check() -> IntegrationCheck:
    """Return the last integration check of the current sandbox. Raises SandboxOnly or NoIntegrationCheck."""
    require_sandbox()
    return last_check()


def grade_integration(*, uid: str, clock: Callable[[], datetime]) -> None:
    """Fire the cases and write the results down. Safe to run twice: the first results count. `clock` shows the merchant's time."""
    with transaction.atomic():
        check = take_check(uid, at=clock())
    if check is None:
        return  # it is finished, or another one has taken its place
    try:
        endpoint = find_endpoint(check.endpoint_uid)
    except EndpointNotFound:
        finish_check(uid, (), at=clock())  # it was deleted meanwhile: no case has passed
        return
    results = grade(endpoint.url, signing_keys_of(endpoint, at=clock()), clock=timezone.now)
    finish_check(uid, results, at=clock())
