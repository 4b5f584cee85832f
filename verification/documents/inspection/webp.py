"""WebP: the RIFF chunks are walked, and only those that show the picture are kept.

Source: RFC 9649 (WebP), sections 2.3 to 2.7; RFC 6386, 9.1 (the VP8 frame header).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from verification.documents.inspection.decoding import check_size, decode_with_pillow, fits_decoded
from verification.documents.inspection.errors import ImageAnimated, ImageTruncated, ImageUnreadable
from verification.documents.inspection.orientation import UPRIGHT, minimal_exif, read_orientation
from verification.documents.inspection.splicing import Part, splice
from verification.documents.inspection.types import Limits, Picture

ANIMATION_FLAG, XMP_FLAG, EXIF_FLAG = 0x02, 0x04, 0x08
BITSTREAMS = frozenset({b"VP8 ", b"VP8L"})
CHUNKS_MAX = 100
RIFF_HEADER_BYTES = 12
DECODER_BYTES_PER_PIXEL = 16  # measured: libwebp's animation decoder holds the picture four times, four bytes a pixel


class _Chunk(NamedTuple):
    kind: bytes
    start: int  # of the chunk, at its name
    size: int  # of its data
    end: int  # after its padding byte

    def data(self, body: bytes) -> memoryview:
        return memoryview(body)[self.start + 8 : self.start + 8 + self.size]


def clean_webp(body: bytes, limits: Limits) -> Picture:
    """Return the picture without its metadata; the coded pixels are copied as they are.

    Kept are pixels, transparency, colour profile and orientation. What follows the end of the RIFF file is cut off.

    Raises ImageUnreadable, ImageTruncated, ImageAnimated, ImageTooSmall, ImageTooLarge.
    """
    chunks: dict[bytes, _Chunk] = {}
    for chunk in _chunks(body):
        if chunk.kind in (b"ANIM", b"ANMF"):
            raise ImageAnimated
        chunks.setdefault(chunk.kind, chunk)  # of two of a kind a reader takes the first (RFC 9649, 2.7)
    found = [chunks[kind] for kind in BITSTREAMS if kind in chunks]
    if len(found) != 1:
        raise ImageUnreadable
    width, height = _read_size(found[0].kind, found[0].data(body))
    check_size(width, height, limits)
    extended = chunks.get(b"VP8X")
    parts = _keep(body, found[0]) if extended is None else _keep_extended(body, extended, chunks, found[0], canvas=(width, height))
    size = sum(len(part) if isinstance(part, bytes) else part.stop - part.start for part in parts)
    cleaned = splice(body, [*_riff_header(body, size), *parts])
    if fits_decoded(body, width, height, bytes_per_pixel=DECODER_BYTES_PER_PIXEL):
        decode_with_pillow(cleaned, "WEBP", width, height)
    return Picture(body=cleaned, width=width, height=height)


def _chunks(body: bytes) -> Iterator[_Chunk]:
    """Yield the chunks within the size that the RIFF header states."""
    file_end = 8 + int.from_bytes(body[4:8], "little")
    if file_end > len(body):
        raise ImageTruncated
    start = RIFF_HEADER_BYTES
    for _ in range(CHUNKS_MAX):
        if start == file_end:
            return
        if start + 8 > file_end:
            raise ImageUnreadable
        size = int.from_bytes(body[start + 4 : start + 8], "little")
        end = start + 8 + size + size % 2
        if start + 8 + size == file_end:  # some writers leave the last padding byte out
            end = file_end
        if end > file_end:
            raise ImageTruncated
        yield _Chunk(body[start : start + 4], start, size, end)
        start = end
    raise ImageUnreadable


def _read_size(kind: bytes, data: memoryview) -> tuple[int, int]:
    """Return width and height from the head of the bitstream."""
    if kind == b"VP8 ":
        if len(data) < 10 or data[0] & 1 or bytes(data[3:6]) != b"\x9d\x01\x2a":  # only a key frame is a picture
            raise ImageUnreadable
        first_partition = int.from_bytes(data[:3], "little") >> 5
        if first_partition > len(data) - 10:
            raise ImageTruncated
        width, height = struct.unpack_from("<HH", data, 6)
        return width & 0x3FFF, height & 0x3FFF
    if len(data) < 5 or data[0] != 0x2F:
        raise ImageUnreadable
    bits = int.from_bytes(data[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _keep(body: bytes, chunk: _Chunk) -> list[Part]:
    """The chunk as it is, with a padding byte where it lacks one."""
    is_padded = chunk.end - chunk.start - 8 == chunk.size + chunk.size % 2
    return [slice(chunk.start, chunk.end)] if is_padded else [slice(chunk.start, chunk.end), b"\0"]


def _keep_extended(body: bytes, header: _Chunk, chunks: dict[bytes, _Chunk], pixels: _Chunk, *, canvas: tuple[int, int]) -> list[Part]:
    """Section 2.7: VP8X with flags and canvas, then ICCP, ALPH and the bitstream, in this order; EXIF last."""
    extended = header.data(body)
    if len(extended) < 10:
        raise ImageUnreadable
    if extended[0] & ANIMATION_FLAG:
        raise ImageAnimated
    if canvas != (int.from_bytes(extended[4:7], "little") + 1, int.from_bytes(extended[7:10], "little") + 1):
        raise ImageUnreadable
    orientation = UPRIGHT
    if b"EXIF" in chunks:
        orientation = read_orientation(bytes(chunks[b"EXIF"].data(body)).removeprefix(b"Exif\0\0"))
    flags = extended[0] & ~(XMP_FLAG | EXIF_FLAG)
    if orientation != UPRIGHT:
        flags |= EXIF_FLAG
    if flags == extended[0] and len(extended) == 10:
        parts = _keep(body, header)
    else:
        parts = [b"VP8X" + struct.pack("<IB", 10, flags) + bytes(extended[1:10])]
    for kind in (b"ICCP", b"ALPH"):
        if kind in chunks:
            parts += _keep(body, chunks[kind])
    parts += _keep(body, pixels)
    if orientation != UPRIGHT:
        exif = minimal_exif(orientation)
        parts.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    return parts


def _riff_header(body: bytes, size: int) -> list[Part]:
    stated = b"RIFF" + struct.pack("<I", size + 4) + b"WEBP"
    return [slice(0, RIFF_HEADER_BYTES)] if body[:RIFF_HEADER_BYTES] == stated else [stated]
