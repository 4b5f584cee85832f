"""Which URLs are acceptable, before any name is resolved. Pure.

One parser decides and connects: the HTTP client gets a `yarl.URL` built of the parts that were checked here, so the two cannot read
a URL differently. It applies IDNA (UTS 46), so that full-width digits, ideographic full stops and the like are judged as what they become.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from yarl import URL

from kyc_platform.outbound.addresses import IPAddress, is_allowed, parsed_address
from kyc_platform.outbound.errors import OutboundRefused

URL_CHARACTERS_MAX = 2048
PORTS = (443, 8443)
LOCALHOST = "localhost"
UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\]")  # parsers disagree on backslashes, and drop some of the others silently
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")  # a last label like this makes a host an IPv4 address for some resolvers (WHATWG URL, 3.5)
HOST_CHARACTERS_MAX = 253


@dataclass(frozen=True)
class Target:
    """An acceptable URL in its normal form. `is_loopback`: the host is this machine, by its literal name, and that is allowed here."""

    url: URL
    host: str
    port: int
    is_loopback: bool


@lru_cache(maxsize=4096)
def parse_target(text: str, *, allow_loopback: bool) -> Target:
    """Return the target that a URL names. Raises OutboundRefused.

    `allow_loopback` also takes http and any port for the hosts 127.0.0.0/8, ::1 and `localhost`, and nothing else that is private.
    """
    url = _parsed(text)
    host = (url.raw_host or "").removesuffix(".")
    address = parsed_address(host)
    is_loopback = allow_loopback and (host == LOCALHOST or (address is not None and _is_plain_loopback(address)))
    port = url.port or 0
    if url.scheme != "https" and not (is_loopback and url.scheme == "http"):
        raise OutboundRefused("the URL must begin with https://")
    if "@" in urlsplit(text).netloc:
        raise OutboundRefused("the URL must not contain a user name or password")
    if url.raw_fragment or text.endswith("#"):
        raise OutboundRefused("the URL must not have a fragment (#…)")
    if not is_loopback:
        _require_public_host(host, address)
        if port not in PORTS:
            raise OutboundRefused(f"the port must be one of {', '.join(map(str, PORTS))}")
    authority = (f"[{host}]" if ":" in host else host) + ("" if url.is_default_port() else f":{port}")
    normal = URL.build(scheme=url.scheme, authority=authority, path=url.raw_path or "/", query_string=url.raw_query_string, encoded=True)
    return Target(normal, host, port, is_loopback)


def may_connect(target_host: str, address: IPAddress, *, allow_loopback: bool) -> bool:
    """Tell whether a connection for this host may go to this address: public, or loopback where the host says so and that is allowed."""
    if allow_loopback and (target_host == LOCALHOST or parsed_address(target_host) == address):
        return _is_plain_loopback(address) or is_allowed(address)
    return is_allowed(address)


def _parsed(text: str) -> URL:
    if len(text) > URL_CHARACTERS_MAX:
        raise OutboundRefused(f"the URL must not be longer than {URL_CHARACTERS_MAX} characters")
    if UNPRINTABLE.search(text):
        raise OutboundRefused("the URL must not contain spaces, control characters or backslashes")
    try:
        url = URL(text)
        if not url.host:  # decodes it: a host that cannot be read as a name must not surprise the client later
            raise OutboundRefused("the URL must begin with https:// and a host")
    except ValueError:  # of which UnicodeError is one
        raise OutboundRefused("the URL cannot be read: write https://host/path") from None
    return url


def _require_public_host(host: str, address: IPAddress | None) -> None:
    if address is not None:
        if not is_allowed(address):
            raise OutboundRefused("the host must be a public address")
        return
    labels = host.split(".")
    if len(host) > HOST_CHARACTERS_MAX or len(labels) < 2 or not all(LABEL.fullmatch(label) for label in labels):
        raise OutboundRefused("the host must be a full domain name, like hooks.example.com")
    if NUMBER.fullmatch(labels[-1]):
        raise OutboundRefused("the host must be a domain name, or an IPv4 address as four decimal numbers")


def _is_plain_loopback(address: IPAddress) -> bool:
    """An IPv4 address inside an IPv6 one is not plain: it is never needed, and often a trick."""
    return address.is_loopback and (address.version == 4 or address.ipv4_mapped is None)
