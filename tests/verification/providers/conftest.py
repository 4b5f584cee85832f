"""The adapters that the contract is tried on."""

import pytest

from tests.fixtures.sandbox_provider import Listener, SandboxProcess

pytest.register_assert_rewrite("tests.verification.providers.contract")
from tests.verification.providers.cases import CASES  # noqa: E402  # the asserts of the contract are rewritten first
from tests.verification.providers.contract import ProviderCase  # noqa: E402


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, sandbox_provider: SandboxProcess, callback_listener: Listener) -> ProviderCase:
    """Each adapter in turn."""
    return CASES[request.param](sandbox_provider, callback_listener)
