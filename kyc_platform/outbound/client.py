"""Posting to addresses that strangers gave us."""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from aiohttp import (
    ClientConnectionError,
    ClientConnectorCertificateError,
    ClientConnectorSSLError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from django.conf import settings

from kyc_platform.doors import assert_no_transaction
from kyc_platform.outbound.addresses import parsed_address
from kyc_platform.outbound.errors import FailureKind, OutboundFailed, OutboundRefused
from kyc_platform.outbound.names import CheckedResolver, Lookup, system_lookup
from kyc_platform.outbound.targets import may_connect, parse_target

if TYPE_CHECKING:
    from aiohttp.connector import Connection

TIMEOUT_SECONDS = 15.0
CONCURRENCY = 32
ANSWER_BYTES_MAX = 2048
READ_BUFFER_BYTES = 4096
HEADERS_MAX = 64
DNS_CACHE_SECONDS = 3  # spares a batch for one merchant the questions; what is cached was checked, and is all that is connected to
KEEPALIVE_SECONDS = 1.5  # below the usual servers' own, so that none hangs up just as we post
DEFAULT_HEADERS = {"User-Agent": "kyc-platform-webhooks/1", "Accept-Encoding": "identity", "Accept": "*/*"}


@dataclass(frozen=True, slots=True)
class OutboundResponse:
    """An answer: `headers` finds names in any case, `body_start` is at most 2048 bytes as sent, the rest was not read."""

    status: int
    headers: Mapping[str, str]
    body_start: bytes
    duration_seconds: float


class OutboundClient:
    """An async context manager that posts, with at most `concurrency` requests under way; the others wait without their time running.

    Make it where the network is allowed, outside the event loop: `client = OutboundClient()`, then `async with client:`. Connections are
    kept for a moment and reused; each new one goes to an address that was checked (see `names`), and its peer is checked once more
    before a byte is sent. No redirects, proxies, cookies, decompression or second tries. `lookup` and `tls` (a context
    that trusts a private authority) are for installations whose names or certificates are not the world's.
    """

    def __init__(
        self,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        concurrency: int = CONCURRENCY,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        assert_no_transaction()
        self._timeout_seconds = timeout_seconds
        self._concurrency = concurrency
        self._lookup = lookup
        self._tls = tls
        self._allow_loopback: bool = settings.OUTBOUND_ALLOW_LOOPBACK
        self._slots = asyncio.Semaphore(concurrency)
        self._session: ClientSession

    async def __aenter__(self) -> Self:
        self._session = ClientSession(
            connector=_CheckedConnector(
                allow_loopback=self._allow_loopback,
                resolver=CheckedResolver(allow_loopback=self._allow_loopback, lookup=self._lookup),
                ttl_dns_cache=DNS_CACHE_SECONDS,
                limit=self._concurrency,
                keepalive_timeout=KEEPALIVE_SECONDS,
                ssl=self._tls or True,
            ),
            timeout=ClientTimeout(total=None),  # one limit over everything is kept in `post`
            cookie_jar=DummyCookieJar(),
            headers=DEFAULT_HEADERS,
            trust_env=False,
            auto_decompress=False,
            read_bufsize=READ_BUFFER_BYTES,
            max_headers=HEADERS_MAX,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> OutboundResponse:
        """Post once and return the answer, whatever its status. Raises OutboundFailed, with the seconds it took, for anything else.

        Whether the other side acted upon a request that failed cannot be known: send the same id when trying again.
        """
        async with self._slots:
            started = perf_counter()
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    target = parse_target(url, allow_loopback=self._allow_loopback)
                    response = await self._session.post(target.url, headers=headers, data=body, allow_redirects=False)
                    body_start = await _read_start(response)
            except (ClientError, OutboundRefused, OutboundFailed, OSError) as error:
                raise self._failure(error, perf_counter() - started) from error
            return OutboundResponse(response.status, response.headers, body_start, perf_counter() - started)

    def _failure(self, error: Exception, duration_seconds: float) -> OutboundFailed:
        kind, detail = FailureKind.PROTOCOL, "the answer was not proper HTTP"
        match error:
            case OutboundFailed():  # a fresh one each: waiters for the same name are all given the resolver's
                kind, detail = error.kind, error.detail
            case OutboundRefused():
                kind, detail = FailureKind.REFUSED_ADDRESS, error.detail
            case TimeoutError():
                kind, detail = FailureKind.TIMEOUT, f"there was no complete answer within {self._timeout_seconds:g} seconds"
            case ClientConnectorCertificateError(certificate_error=ssl.SSLCertVerificationError(verify_message=reason)):
                kind, detail = FailureKind.TLS, f"the certificate was not accepted: {reason}"
            case ClientConnectorCertificateError() | ClientConnectorSSLError() | ssl.SSLError():
                kind, detail = FailureKind.TLS, "no TLS connection could be made"
            case ClientConnectionError() | ClientPayloadError() | OSError():
                kind, detail = FailureKind.CONNECTION, "the connection could not be made, or broke before the answer was complete"
        return OutboundFailed(kind, detail, duration_seconds=duration_seconds)


class _CheckedConnector(TCPConnector):
    """A connector that hands out no connection whose peer is not allowed, whatever made it."""

    def __init__(self, *, allow_loopback: bool, **options: Any) -> None:
        super().__init__(**options)
        self._is_loopback_allowed = allow_loopback

    async def connect(self, req: Any, traces: Any, timeout: Any) -> "Connection":
        """Connect or reuse, then look at the peer. Raises OutboundFailed."""
        connection = await super().connect(req, traces, timeout)
        peer = connection.transport.get_extra_info("peername") if connection.transport else None
        if peer is None or not _is_allowed_peer(req.url.raw_host, peer[0], self._is_loopback_allowed):
            connection.close()
            raise OutboundFailed(FailureKind.REFUSED_ADDRESS, "the connection led to an address that is not public")
        return connection


@lru_cache(maxsize=4096)  # it is asked for each request, also on a connection that is used again
def _is_allowed_peer(target_host: str, peer: str, allow_loopback: bool) -> bool:
    address = parsed_address(peer)
    return address is not None and may_connect(target_host, address, allow_loopback=allow_loopback)


async def _read_start(response: ClientResponse) -> bytes:
    """Return the first bytes of the body and be done with it. One that ends within them has given its connection back for reuse."""
    start = b""
    try:
        while chunk := await response.content.read(ANSWER_BYTES_MAX - len(start)):
            start += chunk
        return start
    finally:
        response.close()  # takes the connection along when the body has not ended, and nothing when it has
