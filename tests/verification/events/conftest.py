"""A merchant's log to write to."""

from collections.abc import Iterator

import pytest

from tenants.merchants.models import Merchant
from tests.fixtures.merchants import inside


@pytest.fixture
def acme(merchant: Merchant) -> Iterator[Merchant]:
    """A merchant whose schema the test is in."""
    with inside(merchant):
        yield merchant
