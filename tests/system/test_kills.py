"""`kill -9` of each program while twenty customers are under way: each is decided once, and nothing is lost or doubled."""

import time
from collections.abc import Callable

import pytest

from tests.system.customers import Crowd
from tests.system.running import RunningPlatform, until
from tests.system.truths import assert_all_is_well

pytestmark = pytest.mark.xdist_group("platform")

CUSTOMERS = 20
STEPS_BEFORE = CUSTOMERS * 5 // 2  # about half of all the calls that they take


@pytest.mark.parametrize("name", ["worker", "sender", "web", "redis", "postgres", "provider", "receiver", "s3", "scheduler"])
def test_a_killed_program_comes_back_and_every_customer_is_decided_once(
    platform: RunningPlatform, name: str, record_property: Callable[[str, object], None]
) -> None:
    crowd = Crowd(platform, CUSTOMERS).start()
    until(lambda: crowd.steps >= STEPS_BEFORE, "half of the way")
    assert crowd.decided < CUSTOMERS

    began = time.monotonic()
    killed = platform.kill(name)

    crowd.wait()
    record_property("seconds until all were decided", round(time.monotonic() - began, 1))
    record_property("calls repeated", len(crowd.troubles))
    assert platform.process(name).pid != killed.pid
    assert_all_is_well(platform, crowd)
    record_property("seconds until all was told", round(time.monotonic() - began, 1))


@pytest.mark.parametrize("name", ["web", "worker"])
def test_children_that_outlive_a_killed_program_are_ended_by_its_successor(platform: RunningPlatform, name: str) -> None:
    children = platform.process(name).children(recursive=True)
    assert children

    killed = platform.kill(name, with_children=False)

    until(lambda: not [child for child in children if child.is_running()], "the children's end")
    assert platform.process(name).pid != killed.pid
