"""Which queue a job waits in."""

from kyc_platform.background import ring
from kyc_platform.redis_client import redis_client
from tests.fixtures.jobs import take_jobs
from verification import jobs


def waiting() -> tuple[int, int]:
    """Return how many jobs wait in the queue of the workers, and in that of the senders."""
    client = redis_client()
    return client.llen("kyc"), client.llen("kyc-webhooks")


def test_webhooks_wait_in_a_queue_of_their_own_and_hold_up_nothing_else(acme):
    take_jobs(set())

    ring(jobs.DELIVER_WEBHOOKS, acme.schema_name)
    assert waiting() == (0, 1)

    ring(jobs.SWEEP, acme.schema_name)
    assert waiting() == (1, 1)
    assert [name for name, _ in take_jobs({acme.schema_name})] == [jobs.SWEEP, jobs.DELIVER_WEBHOOKS]
