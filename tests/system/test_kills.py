"""`kill -9` of each program while twenty customers are under way: each is decided once, and nothing is lost or doubled."""

import time

import pytest

from tests.system.customers import Crowd
from tests.system.running import RunningPlatform, until
from tests.system.truths import assert_all_is_well

pytestmark = pytest.mark.xdist_group("platform")

CUSTOMERS = 20
STEPS_BEFORE = CUSTOMERS * 5 // 2  # about half of all the calls that they take


@pytest.mark.parametrize("name", ["worker", "web", "redis", "postgres", "provider", "receiver", "s3", "scheduler"])
def test_a_killed_program_comes_back_and_every_customer_is_decided_once(platform: RunningPlatform, name: str) -> None:
    crowd = Crowd(platform, CUSTOMERS).start()
    until(lambda: crowd.steps >= STEPS_BEFORE, "half of the way")
    assert crowd.decided < CUSTOMERS

    began = time.monotonic()
    killed = platform.kill(name)

    crowd.wait()
    print(f"{name}: all decided after {time.monotonic() - began:.1f} s, {len(crowd.troubles)} calls were repeated")
    assert platform.process(name).pid != killed.pid
    assert_all_is_well(platform, crowd)
    print(f"{name}: all told after {time.monotonic() - began:.1f} s")
