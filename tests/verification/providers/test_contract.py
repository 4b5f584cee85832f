"""Every adapter, held to the contract."""

from tests.verification.providers.contract import ProviderContract


class TestEveryAdapter(ProviderContract):
    """See `contract.py`."""
