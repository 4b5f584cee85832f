"""The queue is a doorbell: emptied or stopped in the middle, everything proceeds from what stands in the database."""

from tests.system.customers import Crowd
from tests.system.running import RunningPlatform, until
from tests.system.truths import assert_all_is_well

CUSTOMERS = 20


def test_an_emptied_redis_loses_nobody(platform: RunningPlatform) -> None:
    crowd = Crowd(platform, CUSTOMERS).start()
    for part in (1, 2, 3):  # jobs, hints, doorbells, cached statuses and keys' revocations: all gone, three times
        until(lambda part=part: crowd.steps >= CUSTOMERS * 5 * part // 4, "a part of the way")  # type: ignore[misc]
        platform.redis().flushall()

    crowd.wait()
    assert_all_is_well(platform, crowd)


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
