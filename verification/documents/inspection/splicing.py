"""Putting a cleaned file together from parts of the uploaded one, with one copy at most."""

from collections.abc import Sequence

Part = slice | bytes  # a range of the original (both ends given), or bytes that replace something


def splice(body: bytes, parts: Sequence[Part]) -> bytes:
    """Return the parts in their order as one file; the very same object, without a copy, when they are the whole original."""
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, slice) and isinstance(last, slice) and last.stop == part.start:
            merged[-1] = slice(last.start, part.stop)
        else:
            merged.append(part)
    if merged == [slice(0, len(body))]:
        return body
    view = memoryview(body)
    return b"".join(view[part] if isinstance(part, slice) else part for part in merged)
