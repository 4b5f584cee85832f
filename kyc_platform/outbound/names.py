"""From a host's name to its addresses, each of them checked.

DNS rebinding: a name may answer with a public address when it is checked and a private one when it is used. Here the addresses that are
checked are the ones connected to: nothing resolves a second time. All of a name's addresses must be allowed, not only one.
"""

import socket
from asyncio import get_running_loop, timeout
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from kyc_platform.outbound.addresses import IPAddress, parsed_address
from kyc_platform.outbound.errors import FailureKind, OutboundFailed
from kyc_platform.outbound.targets import may_connect
from kyc_platform.per_process import once_per_process

Lookup = Callable[[str, int], Sequence[str]]

RESOLUTION_TIMEOUT_SECONDS = 5.0
RESOLVING_THREADS = 32


def system_lookup(host: str, port: int) -> list[str]:
    """Return every address the system's resolver gives for a host. Raises OSError, may take as long as the resolver likes."""
    return [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@once_per_process
def _threads() -> ThreadPoolExecutor:
    """Threads of our own: names that never answer must not hold up the event loop's few."""
    return ThreadPoolExecutor(max_workers=RESOLVING_THREADS, thread_name_prefix="names")


async def resolve_checked(host: str, port: int, *, allow_loopback: bool, lookup: Lookup) -> list[IPAddress]:
    """Return the addresses of a host, at least one and each allowed. Raises OutboundFailed (dns or refused_address)."""
    try:
        async with timeout(RESOLUTION_TIMEOUT_SECONDS):
            texts = await get_running_loop().run_in_executor(_threads(), lookup, host, port)
    except (OSError, UnicodeError):  # of which TimeoutError is one
        raise OutboundFailed(FailureKind.DNS, "the host's name could not be resolved") from None
    addresses = [parsed_address(text) for text in dict.fromkeys(texts)]
    if not addresses:
        raise OutboundFailed(FailureKind.DNS, "the host's name has no address")
    checked = [address for address in addresses if address and may_connect(host, address, allow_loopback=allow_loopback)]
    if len(checked) != len(addresses):
        raise OutboundFailed(FailureKind.REFUSED_ADDRESS, "the host's name leads to an address that is not public")
    return checked


class CheckedResolver(AbstractResolver):
    """The resolver of the HTTP client: gives checked addresses or raises OutboundFailed."""

    def __init__(self, *, allow_loopback: bool, lookup: Lookup) -> None:
        self._allow_loopback = allow_loopback
        self._lookup = lookup

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        """Return the checked addresses of a host as numbers, so that nothing is looked up again on the way to connect()."""
        addresses = await resolve_checked(host, port, allow_loopback=self._allow_loopback, lookup=self._lookup)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to give back: the threads are the process's."""
