"""`kill -9` of each program while twenty customers are under way: each is decided once, and nothing is lost or doubled."""

import logging
import time

import pytest

from tests.system.customers import Crowd
from tests.system.running import RunningPlatform, until
from tests.system.truths import assert_all_is_well

logger = logging.getLogger(__name__)

CUSTOMERS = 20
STEPS_BEFORE = CUSTOMERS * 5 // 2  # about half of all the calls that they take


@pytest.mark.parametrize("name", ["worker", "sender", "web", "redis", "postgres", "provider", "receiver", "s3", "scheduler"])
def test_a_killed_program_comes_back_and_every_customer_is_decided_once(platform: RunningPlatform, name: str) -> None:
    crowd = Crowd(platform, CUSTOMERS).start()
    until(lambda: crowd.steps >= STEPS_BEFORE, "half of the way")
    assert crowd.decided < CUSTOMERS

    began = time.monotonic()
    killed = platform.kill(name)

    crowd.wait()
    decided_after = time.monotonic() - began
    assert platform.process(name).pid != killed.pid
    assert_all_is_well(platform, crowd)
    told_after, repeated = time.monotonic() - began, len(crowd.troubles)
    logger.info("%s: all decided after %.1f s, told after %.1f s, %d calls repeated", name, decided_after, told_after, repeated)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_children_that_outlive_a_killed_program_are_ended_by_its_successor(platform: RunningPlatform, name: str) -> None:
    children = platform.process(name).children(recursive=True)
    assert children

    killed = platform.kill(name, with_children=False)

    until(lambda: not [child for child in children if child.is_running()], "the children's end")
    assert platform.process(name).pid != killed.pid


def test_after_a_killed_supervisor_the_next_start_goes_on_with_every_customer(platform: RunningPlatform) -> None:
    crowd = Crowd(platform, CUSTOMERS).start()
    until(lambda: crowd.steps >= STEPS_BEFORE, "half of the way")

    platform.kill_supervisor()
    platform.platform.start()

    crowd.wait()
    assert_all_is_well(platform, crowd)
