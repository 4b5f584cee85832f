"""Which providers there are: the only place where their settings are read."""

from functools import cache

from django.conf import settings

from kyc_platform.errors import DomainError
from verification.providers.interface import ProviderAdapter
from verification.providers.sandbox.adapter import SandboxAdapter


class ProviderNotAvailable(DomainError):
    """No provider has this name, or it may not be used for this data."""

    code = "provider_not_available"
    title = "This provider is not available here"
    http_status = 422


PROVIDERS = (SandboxAdapter.name,)


def provider_for(name: str, *, livemode: bool) -> ProviderAdapter:
    """Return the adapter of a provider, one a process. Raises ProviderNotAvailable.

    The sandbox provider is refused live data in production: it would pass what nobody has looked at.
    """
    if name not in PROVIDERS:
        raise ProviderNotAvailable(f"there is no provider of this name; one of {', '.join(PROVIDERS)}")
    if name == SandboxAdapter.name and livemode and settings.IS_PRODUCTION:
        raise ProviderNotAvailable("the sandbox provider is not for live data; choose another provider in the level")
    return _sandbox(settings.SANDBOX_PROVIDER_URL, settings.SANDBOX_PROVIDER_API_KEY, settings.SANDBOX_PROVIDER_CALLBACK_SECRET)


@cache
def _sandbox(base_url: str, api_key: str, callback_secret: str) -> ProviderAdapter:
    return SandboxAdapter(base_url=base_url, api_key=api_key, callback_secret=callback_secret)
