"""The queue is a doorbell: emptied or stopped in the middle, everything proceeds from what stands in the database."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.system.customers import GIVE_UP_SECONDS, TOO_MANY_REQUESTS, Crowd
from tests.system.running import RunningPlatform, until
from tests.system.truths import assert_all_is_well

CUSTOMERS = 20
FORGETS_WITHIN_SECONDS = 0.3
FORGOTTEN_MIN = 5  # times, while documents come in
FORGOTTEN_ON_THE_WAY = 6


@contextmanager
def forgetting_all_the_while(platform: RunningPlatform) -> Iterator[list[float]]:
    """Have Redis lose everything several times a second until the block ends: jobs, hints, doorbells, statuses, revocations, quotas."""
    moments: list[float] = []
    is_over = threading.Event()

    def forget() -> None:
        client = platform.redis()
        while not is_over.wait(random.uniform(0.05, FORGETS_WITHIN_SECONDS)):
            client.flushall()
            moments.append(time.monotonic())

    thread = threading.Thread(target=forget)
    thread.start()
    try:
        yield moments
    finally:
        is_over.set()
        thread.join()


def test_a_redis_that_forgets_everything_again_and_again_loses_nobody_and_doubles_nothing(platform: RunningPlatform) -> None:
    with forgetting_all_the_while(platform) as moments:  # faster than any sweep comes round
        crowd = Crowd(platform, CUSTOMERS, at_once=CUSTOMERS).start()
        until(lambda: crowd.steps >= CUSTOMERS * 5, "all documents of all customers", seconds=GIVE_UP_SECONDS)
    for _ in range(FORGOTTEN_ON_THE_WAY):  # while checks are run, decided and told
        time.sleep(1)
        platform.redis().flushall()

    crowd.wait()
    assert len(moments) >= FORGOTTEN_MIN
    assert_all_is_well(platform, crowd)
    attempts = platform.rows(
        "SELECT DISTINCT attempt_count, (SELECT count(*) FROM verification_webhookattempt WHERE delivery_id = delivery.id)"
        " FROM verification_webhookdelivery delivery JOIN verification_event event ON event.id = event_id"
        " JOIN verification_customer customer ON customer.id = customer_pk WHERE customer.customer_id = ANY(%s)",
        list(crowd.customers),
    )
    assert attempts == [(1, 1)]
    answers = [trouble.status_code for trouble in crowd.troubles if isinstance(trouble, requests.Response)]
    assert not [status for status in answers if status != TOO_MANY_REQUESTS], "no call failed because of it"


def test_a_full_queue_survives_that_everything_is_restarted(platform: RunningPlatform) -> None:
    with platform.without("worker"):
        crowd = Crowd(platform, CUSTOMERS, at_once=CUSTOMERS).start()
        until(lambda: crowd.steps >= CUSTOMERS * 5, "all documents of all customers")
        assert crowd.decided == 0
        for name in ("redis", "web", "postgres", "scheduler"):
            platform.kill(name)
        platform.wait_until_whole(but="worker")

    crowd.wait()
    assert_all_is_well(platform, crowd)
