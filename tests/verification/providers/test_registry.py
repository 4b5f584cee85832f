"""Which adapter a level's provider gets."""

import pytest
from pytest_django import Settings

from verification.providers.registry import ProviderNotAvailable, provider_for
from verification.providers.sandbox.adapter import SandboxAdapter


def test_a_provider_is_one_adapter_a_process() -> None:
    adapter = provider_for("sandbox", livemode=False)

    assert isinstance(adapter, SandboxAdapter)
    assert provider_for("sandbox", livemode=True) is adapter


def test_in_production_the_sandbox_provider_gets_no_live_data(settings: Settings) -> None:
    settings.IS_PRODUCTION = True

    with pytest.raises(ProviderNotAvailable):
        provider_for("sandbox", livemode=True)
    assert isinstance(provider_for("sandbox", livemode=False), SandboxAdapter)


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ProviderNotAvailable) as caught:
        provider_for("acme", livemode=False)

    assert caught.value.detail == "there is no provider of this name; one of sandbox"
