"""The jobs of the house, by name: asked for here, done in `tasks.py`. Each is also due in a row, so that losing it costs time only."""

from datetime import datetime

from kyc_platform.background import enqueue_on_commit, enqueue_once_on_commit
from kyc_platform.due import hint_on_commit
from verification.sandbox.clock import world_time

START_CHECK = "verification.start_check"
POLL_CHECK = "verification.poll_check"
EXPIRE_VERIFICATION = "verification.expire_verification"
HANDLE_CALLBACK = "verification.handle_callback"
GRADE_INTEGRATION = "verification.grade_integration"
DELIVER_WEBHOOKS = "verification.deliver_webhooks"
SEQUENCE_EVENTS = "verification.sequence_events"
WARN_MEMBERS = "verification.warn_members"
SWEEP = "verification.sweep"
TIDY = "verification.tidy"
RING_DUE = "verification.ring_due"
REBUILD_DUE = "verification.rebuild_due"
NIGHTLY = "verification.nightly"
LOG_REQUESTS = "verification.log_requests"


def start_check(verification_pk: int) -> None:
    """Ask the provider about a submitted verification."""
    enqueue_on_commit(START_CHECK, verification_pk=verification_pk)


def poll_check(verification_pk: int) -> None:
    """Ask the provider now for the answer to a check that is under way."""
    enqueue_on_commit(POLL_CHECK, verification_pk=verification_pk)


def handle_callback(callback_pk: int) -> None:
    """Fetch and apply what a stored callback announces."""
    enqueue_on_commit(HANDLE_CALLBACK, callback_pk=callback_pk)


def grade_integration(uid: str) -> None:
    """Fire the cases of an integration check at its endpoint."""
    enqueue_on_commit(GRADE_INTEGRATION, uid=uid)


def deliver_webhooks() -> None:
    """Send the deliveries that the present transaction owes, with whatever else is due."""
    enqueue_once_on_commit(DELIVER_WEBHOOKS)


def sequence_events() -> None:
    """Give positions to the events that the present transaction writes, with whatever else waits for one."""
    enqueue_once_on_commit(SEQUENCE_EVENTS)


def warn_members() -> None:
    """Mail the warnings that the present transaction gives, with whatever else is due."""
    enqueue_once_on_commit(WARN_MEMBERS)


def look_again(due_at: datetime) -> None:
    """Have this merchant swept at that moment of its time, when a row of the present transaction is due."""
    hint_on_commit(world_time(due_at))


def sweep() -> None:
    """Have this merchant swept at once, whatever the hints say."""
    enqueue_on_commit(SWEEP)
