"""The address a request came from, believing only the proxies that we run ourselves."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_ip(request: HttpRequest) -> IpAddress | None:
    """Return the address of a request's client, as `client_ip_of`."""
    return client_ip_of(request.META)


def client_ip_of(environ: Mapping[str, Any]) -> IpAddress | None:
    """Return the client's address from a WSGI environment, or None.

    It is the entry of X-Forwarded-For that the outermost of our `settings.TRUSTED_PROXY_COUNT` proxies wrote. Entries further left
    were written by the client, who may write anything. With fewer entries than proxies the request did not come through them, and
    nothing is believed: None, as for an address that is none. IPv4 within IPv6 is given as IPv4.
    """
    count = settings.TRUSTED_PROXY_COUNT
    if count == 0:
        return parse_ip(environ.get("REMOTE_ADDR", ""))
    entries = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    return parse_ip(entries[-count]) if len(entries) >= count else None


@lru_cache(maxsize=4096)
def parse_ip(text: str) -> IpAddress | None:
    """Return the address in a text, or None."""
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
