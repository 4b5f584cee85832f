"""Where the world's time is read: everything else is given a moment, or asks for the merchant's."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
# Each of these compares with a clock that is not the merchant's (decision 19), or makes the merchant's time from the world's.
READERS = {
    "verification/api/base.py",  # Idempotency-Keys
    "verification/api/callbacks.py",  # a provider's signature
    "verification/api/fast_status.py",  # a key's expiry, and the request log
    "verification/api/request_logging.py",  # the request log: when somebody called
    "verification/sandbox/clock.py",
    "verification/tasks.py",  # the store's objects, hints of all merchants
    "verification/workflow/driving.py",  # what the clock shows
    "verification/workflow/grading_integrations.py",  # the time that its cases are signed with
    "verification/workflow/notifying.py",  # the time that webhooks are signed with
}


def test_nobody_else_reads_the_worlds_time():
    read = ("timezone.now", "datetime.now(", "time.time()", "utcnow")
    files = [path for house in ("verification", "reporting") for path in (ROOT / house).rglob("*.py")]
    readers = {str(path.relative_to(ROOT)) for path in files if any(word in path.read_text() for word in read)}

    beside = {name for name in readers if name.startswith("verification/providers/sandbox/service/")}  # a program of its own
    assert readers - beside == READERS
