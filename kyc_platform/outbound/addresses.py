"""Which IP addresses belong to the public internet. Pure.

`ipaddress.is_global` alone says yes to multicast, to 6to4 and NAT64 addresses that carry a private one, and to old site-local
ones. So an IPv6 address must lie in 2000::/3, all that is given out as global unicast, and both kinds must not lie in a range below.
Source: the IANA special-purpose address registries.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

IPAddress = IPv4Address | IPv6Address

DENIED_IPV4 = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # the host's own service address inside Azure, public by its number only
    )
)
GLOBAL_UNICAST_IPV6 = ip_network("2000::/3")
DENIED_IPV6 = tuple(
    ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, with Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
)


def is_allowed(address: IPAddress) -> bool:
    """Tell whether the address is a host of the public internet. An IPv4 address inside an IPv6 one is judged as itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_allowed(address.ipv4_mapped)
        if address.scope_id is not None:  # it names a network card of this machine
            return False
        return address.is_global and address in GLOBAL_UNICAST_IPV6 and not any(address in network for network in DENIED_IPV6)
    return address.is_global and not address.is_multicast and not any(address in network for network in DENIED_IPV4)


def parsed_address(text: str) -> IPAddress | None:
    """Return the address that a host or a socket names in its one proper form, or None. Octal, hex and short forms are none."""
    try:
        return ip_address(text)
    except ValueError:
        return None
