"""Checking a URL when somebody gives it to us, so that the mistake is told at once and not by a delivery that fails later."""

import asyncio

from django.conf import settings

from kyc_platform.doors import assert_no_transaction
from kyc_platform.outbound.errors import FailureKind, OutboundFailed, OutboundRefused
from kyc_platform.outbound.names import Lookup, resolve_checked, system_lookup
from kyc_platform.outbound.targets import parse_target


def check_url(url: str, *, lookup: Lookup = system_lookup) -> str:
    """Return the URL in the normal form to store, after asking where its host lies now. No connection is made.

    Only an early word: the client checks every address again when it connects. Takes 5 seconds at most.

    Raises:
        OutboundRefused: it is no https URL of a public host on port 443 or 8443 (422, `url_not_allowed`).
        NetworkInsideTransaction: a transaction is open.
    """
    assert_no_transaction()
    allow_loopback = settings.OUTBOUND_ALLOW_LOOPBACK
    target = parse_target(url, allow_loopback=allow_loopback)
    try:
        asyncio.run(resolve_checked(target.host, target.port, allow_loopback=allow_loopback, lookup=lookup))
    except OutboundFailed as failure:
        if failure.kind is FailureKind.DNS:
            raise OutboundRefused("the host's name cannot be resolved: check its spelling, and that it is public already") from None
        raise OutboundRefused("the host must lead to public addresses only") from None
    return str(target.url)
