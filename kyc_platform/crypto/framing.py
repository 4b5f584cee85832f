"""One unambiguous way to write several texts as bytes, for everything that is authenticated, derived or indexed."""

from struct import pack


def framed(*parts: str) -> bytes:
    """Return the parts in UTF-8, each behind its length in bytes (32 bits): other parts never give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join(pack(">I", len(part)) + part for part in encoded)
