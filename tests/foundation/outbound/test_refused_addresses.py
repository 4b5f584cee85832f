"""Requests that strangers would like us to make and that we never do: nothing is connected, seen by listeners and by the interpreter."""

import asyncio
import secrets
import socket
from contextlib import closing, contextmanager

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from django.db import transaction

from kyc_platform.doors import NetworkInsideTransaction
from kyc_platform.outbound.client import OutboundClient, _CheckedConnector
from kyc_platform.outbound.errors import FailureKind, OutboundFailed, OutboundRefused
from kyc_platform.outbound.registration import check_url
from tests.foundation.outbound.connects import watching_connects
from tests.foundation.outbound.listeners import listening
from tests.foundation.outbound.test_addresses import NOT_PUBLIC, REFUSED

PUBLIC = "93.184.216.34"
NAME = "https://hooks.example.com:8443/hook"


@pytest.fixture(autouse=True)
def strict(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = False


def attempt(url, **options):
    """Post once as production would, and return how it failed."""
    client = OutboundClient(timeout_seconds=3, **options)

    async def post():
        async with client:
            await client.post(url, headers={}, body=b"{}")

    with pytest.raises(OutboundFailed) as failure:
        asyncio.run(post())
    return failure.value


@pytest.mark.parametrize("url", sorted({url for urls in REFUSED.values() for url in urls}))
def test_a_url_that_registration_refuses_is_not_posted_to_either(url):
    with watching_connects() as connects:
        with pytest.raises(OutboundRefused):
            check_url(url)
        failure = attempt(url)

    assert failure.kind is FailureKind.REFUSED_ADDRESS
    assert connects == []


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_to_a_private_address_is_refused(address):
    with watching_connects() as connects:
        with pytest.raises(OutboundRefused) as refusal:
            check_url(NAME, lookup=lambda host, port: [address])
        failure = attempt(NAME, lookup=lambda host, port: [address])

    assert refusal.value.detail == "the host must lead to public addresses only"
    assert failure.kind is FailureKind.REFUSED_ADDRESS
    assert address not in failure.detail
    assert connects == []


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["10.0.0.1", PUBLIC], [PUBLIC, "::1"], [PUBLIC, "no address"]])
def test_one_private_address_among_public_ones_refuses_the_name(addresses):
    with watching_connects() as connects:
        with pytest.raises(OutboundRefused):
            check_url(NAME, lookup=lambda host, port: addresses)
        failure = attempt(NAME, lookup=lambda host, port: addresses)

    assert failure.kind is FailureKind.REFUSED_ADDRESS
    assert connects == []


def test_a_name_that_turns_from_public_to_private_reaches_nothing():
    with loopback_listener() as (address, listener):
        answers = iter([[PUBLIC], [address], [address]])
        check_url(NAME, lookup=lambda host, port: next(answers))

        with watching_connects() as connects:
            failure = attempt(NAME, lookup=lambda host, port: next(answers))

        assert failure.kind is FailureKind.REFUSED_ADDRESS
        assert connects == []
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_name_that_cannot_be_resolved_and_then_leads_inside_reaches_nothing():
    with loopback_listener() as (address, listener):
        calls = []

        def lookup(host, port):
            calls.append(host)
            if len(calls) == 1:
                raise socket.gaierror(socket.EAI_NONAME, "unknown")
            return [address]

        with pytest.raises(OutboundRefused, match="cannot be resolved"):
            check_url(NAME, lookup=lookup)
        assert attempt(NAME, lookup=lookup).kind is FailureKind.REFUSED_ADDRESS
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("outcome", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("label too long"), None])
def test_a_name_without_an_address_is_told_so(outcome):
    def lookup(host, port):
        if outcome is not None:
            raise outcome
        return []

    with pytest.raises(OutboundRefused) as refusal:
        check_url(NAME, lookup=lookup)

    assert refusal.value.detail == "the host's name cannot be resolved: check its spelling, and that it is public already"
    assert attempt(NAME, lookup=lookup).kind is FailureKind.DNS


def test_a_good_url_is_returned_in_its_normal_form_and_nothing_is_connected():
    with watching_connects() as connects:
        assert (
            check_url("https://Hooks.Example.com.:443", lookup=lambda host, port: [PUBLIC, "2606:4700:4700::1111"])
            == "https://hooks.example.com/"
        )

    assert connects == []


def test_a_connection_that_led_elsewhere_is_dropped_before_a_byte_is_sent():
    class LyingResolver(AbstractResolver):
        async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
            return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

        async def close(self):
            pass

    async def post():
        async with listening() as listener:
            connector = _CheckedConnector(allow_loopback=False, resolver=LyingResolver())
            async with aiohttp.ClientSession(connector=connector) as session:
                with pytest.raises(OutboundFailed) as failure:
                    await session.post(f"http://hooks.example.com:{listener.port}/", data=b"secret")
            await asyncio.sleep(0.05)
            return failure.value.kind, listener

    kind, listener = asyncio.run(post())

    assert kind is FailureKind.REFUSED_ADDRESS
    assert listener.connections == 1
    assert listener.heads == []


def test_this_machine_is_not_reached_unless_that_is_allowed():
    async def post(client):
        async with listening() as listener, client:
            with pytest.raises(OutboundFailed) as failure:
                await client.post(listener.url, headers={}, body=b"")
            return failure.value.kind, listener.connections

    assert asyncio.run(post(OutboundClient())) == (FailureKind.REFUSED_ADDRESS, 0)


def test_the_door_is_closed_inside_a_transaction():
    with transaction.atomic():
        with pytest.raises(NetworkInsideTransaction):
            check_url(NAME)
        with pytest.raises(NetworkInsideTransaction):
            OutboundClient()


@contextmanager
def loopback_listener():
    """A listener on the port that webhooks may use, at an address of the loopback network that no other test has."""
    address = f"127.{secrets.randbelow(200) + 10}.{secrets.randbelow(250)}.{secrets.randbelow(250) + 1}"
    with closing(socket.create_server((address, 8443))) as listener:
        listener.setblocking(False)
        yield address, listener
