"""The bodies of the jobs. Each parses ids, makes one workflow call, and may run twice, late, or on a row that has moved on.

`**_` lets an older worker accept arguments that a newer web process added.
"""

from typing import Any

from django.utils import timezone

from kyc_platform.background import doorbell_answered, platform_task, ring, tenant_task
from kyc_platform.due import take_due_schemas
from kyc_platform.schema import current_schema
from tenants.routing.entry import working_schemas
from verification import jobs
from verification.customers.stages import Stage
from verification.sandbox.clock import now_of_merchant
from verification.workflow import (
    checking,
    expiring,
    grading_integrations,
    logging_requests,
    notifying,
    receiving,
    sequencing,
    sweeping,
    tidying,
    warning,
)

# What a verification that is due needs, by its stage; in every other it waits for its provider.
JOB_OF_STAGE = {Stage.SUBMITTED: jobs.START_CHECK, Stage.APPROVED: jobs.EXPIRE_VERIFICATION}


@tenant_task(jobs.START_CHECK)
def start_check(*, verification_pk: int, **_: Any) -> None:
    """Put a submitted verification to its provider."""
    checking.start_check(verification_pk=verification_pk, at=now_of_merchant())


@tenant_task(jobs.POLL_CHECK)
def poll_check(*, verification_pk: int, **_: Any) -> None:
    """Ask the provider for an answer that did not come by itself."""
    checking.poll_check(verification_pk=verification_pk, at=now_of_merchant())


@tenant_task(jobs.EXPIRE_VERIFICATION)
def expire_verification(*, verification_pk: int, **_: Any) -> None:
    """Let an approval run out whose time has come."""
    expiring.expire_due(verification_pk, at=now_of_merchant())


@tenant_task(jobs.HANDLE_CALLBACK)
def handle_callback(*, callback_pk: int, **_: Any) -> None:
    """Fetch and apply what a callback announced."""
    receiving.handle_callback(callback_pk=callback_pk, at=now_of_merchant())


@tenant_task(jobs.DELIVER_WEBHOOKS)
def deliver_webhooks(**_: Any) -> None:
    """Send what is due to the merchant's endpoints."""
    doorbell_answered(jobs.DELIVER_WEBHOOKS)
    notifying.deliver_due()


@tenant_task(jobs.SEQUENCE_EVENTS)
def sequence_events(**_: Any) -> None:
    """Give events their positions."""
    doorbell_answered(jobs.SEQUENCE_EVENTS)
    sequencing.sequence_all_events()


@tenant_task(jobs.GRADE_INTEGRATION)
def grade_integration(*, uid: str, **_: Any) -> None:
    """Grade the merchant's own endpoint."""
    grading_integrations.grade_integration(uid=uid, clock=now_of_merchant)


@tenant_task(jobs.WARN_MEMBERS)
def warn_members(**_: Any) -> None:
    """Mail the warnings that are due to the merchant's members."""
    doorbell_answered(jobs.WARN_MEMBERS)
    warning.warn_members(at=now_of_merchant())


@tenant_task(jobs.TIDY)
def tidy(**_: Any) -> None:
    """Remove what nothing refers to any more."""
    tidying.tidy(at=now_of_merchant(), world_at=timezone.now())


@tenant_task(jobs.SWEEP)
def sweep(**_: Any) -> None:
    """Ring for everything of one merchant that is due, and hint at what is due next."""
    now = now_of_merchant()
    schema = current_schema()
    sweeping.begin_sweep()
    for verification_pk, stage in sweeping.due_verifications(at=now):
        ring(JOB_OF_STAGE.get(stage, jobs.POLL_CHECK), schema, verification_pk=verification_pk)
    for callback_pk in sweeping.due_callbacks(at=now):
        ring(jobs.HANDLE_CALLBACK, schema, callback_pk=callback_pk)
    for uid in sweeping.due_integration_checks(at=now):
        ring(jobs.GRADE_INTEGRATION, schema, uid=uid)
    notifying.ask_for_delivery(at=now)
    warning.ask_for_warnings(at=now)
    sequencing.ask_for_sequencing(at=now)
    sweeping.end_sweep()


@platform_task(jobs.RING_DUE)
def ring_due(**_: Any) -> None:
    """Ring for a sweep of every merchant that the hints say has due work."""
    for schema in take_due_schemas(timezone.now()):
        ring(jobs.SWEEP, schema)


@platform_task(jobs.REBUILD_DUE)
def rebuild_due(**_: Any) -> None:
    """Make the hints again from the truth, in case Redis lost them."""
    sweeping.rebuild_hints()


@platform_task(jobs.NIGHTLY)
def nightly(**_: Any) -> None:
    """Ring for each merchant's nightly work."""
    for schema in working_schemas():
        ring(jobs.TIDY, schema)


@platform_task(jobs.LOG_REQUESTS)
def log_requests(**_: Any) -> None:
    """Write the request log of every merchant whose keys have asked for something."""
    logging_requests.log_requests()
