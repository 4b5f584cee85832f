"""The boxes of a HEIC file: where they lie, and which bytes belong to which item.

Source: ISO/IEC 14496-12:2022, 4.2 (boxes), 8.11.1 (meta), 8.11.3 (iloc), 8.11.6 (iinf). No library reports the places of items,
which are needed to erase one in place. Every read is bounded by its box: a read outside is ImageUnreadable.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from verification.documents.inspection.errors import ImageUnreadable

BOXES_MAX = 10_000
EXTENTS_MAX = 20_000
IN_FILE, IN_IDAT = 0, 1  # construction methods; the third, an item made of other items, no camera writes


class Box(NamedTuple):
    """One box. `start` is its size field, `payload` its first byte after the header, `end` the byte after it (maybe beyond the file)."""

    kind: bytes
    start: int
    payload: int
    end: int


class Extent(NamedTuple):
    """A piece of an item: offsets into the file, or into the payload of the idat box."""

    method: int
    start: int
    end: int


@dataclass
class Cursor:
    """Reads big-endian numbers one after the other, within `end`."""

    body: bytes
    at: int
    end: int

    def number(self, size: int) -> int:
        """Return the next unsigned number of so many bytes; 0 for none. Raises ImageUnreadable at the end."""
        if self.at + size > self.end:
            raise ImageUnreadable
        value = int.from_bytes(self.body[self.at : self.at + size])
        self.at += size
        return value


def boxes(body: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two offsets. The last may claim to end beyond; what is no box at all ends the walk."""
    for _ in range(BOXES_MAX):
        if start + 8 > end:
            return
        size, header = int.from_bytes(body[start : start + 4]), 8
        kind = body[start + 4 : start + 8]
        if size == 1:
            size, header = int.from_bytes(body[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        if size < header or start + header > end or not kind.isascii():
            return
        yield Box(kind, start, start + header, start + size)
        start += size
    raise ImageUnreadable


def read_item_kinds(body: bytes, box: Box) -> dict[int, bytes]:
    """Return the item types of an iinf box by item id. Entries older than version 2 have none and are left out."""
    cursor = Cursor(body, box.payload, box.end)
    version = cursor.number(4) >> 24
    cursor.number(2 if version == 0 else 4)
    kinds = {}
    for entry in boxes(body, cursor.at, box.end):
        inside = Cursor(body, entry.payload, min(entry.end, box.end))
        version = inside.number(4) >> 24
        if entry.kind == b"infe" and version >= 2:
            item_id = inside.number(2 if version == 2 else 4)
            inside.number(2)
            kinds[item_id] = inside.number(4).to_bytes(4)
    return kinds


def read_item_extents(body: bytes, box: Box) -> dict[int, list[Extent]]:
    """Return where each item's bytes lie, from an iloc box."""
    cursor = Cursor(body, box.payload, box.end)
    version = cursor.number(4) >> 24
    sizes = cursor.number(2)
    offset_size, length_size, base_size, index_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15
    index_size = index_size if version in (1, 2) else 0
    id_size = 2 if version < 2 else 4
    items: dict[int, list[Extent]] = {}
    count = 0
    for _ in range(cursor.number(id_size)):
        item_id = cursor.number(id_size)
        method = cursor.number(2) & 15 if version in (1, 2) else IN_FILE
        if cursor.number(2) or method not in (IN_FILE, IN_IDAT):  # data in another file, or made of other items
            raise ImageUnreadable
        base = cursor.number(base_size)
        extents = items.setdefault(item_id, [])
        for _ in range(cursor.number(2)):
            cursor.number(index_size)
            start = base + cursor.number(offset_size)
            length = cursor.number(length_size)
            count += 1
            if not length or count > EXTENTS_MAX:
                raise ImageUnreadable
            extents.append(Extent(method, start, start + length))
    return items
