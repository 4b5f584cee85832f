"""One whole platform of real processes for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.system.running import RunningPlatform


@pytest.fixture(scope="session")
def running_platform() -> Iterator[RunningPlatform]:
    """The platform, running, with the demonstration played once."""
    platform = RunningPlatform()
    try:
        platform.start()
        yield platform
    finally:
        platform.stop()


@pytest.fixture
def platform(running_platform: RunningPlatform) -> RunningPlatform:
    """The platform with every program at work, whatever the test before has done to it."""
    running_platform.wait_until_whole()
    return running_platform
