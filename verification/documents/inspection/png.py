"""PNG: every chunk is walked and checked, the pixels are inflated in a stream and counted, and only what shows is kept.

Source: PNG Specification, third edition (W3C, 2025), sections 5 (datastream, chunk layout), 9 (filtering), 10 (compression),
11 (chunks). Pillow would hold the whole picture; counting the inflated bytes finds every truncation and every bomb with 1 MB.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from verification.documents.inspection.decoding import check_size
from verification.documents.inspection.errors import ImageAnimated, ImageTruncated, ImageUnreadable
from verification.documents.inspection.orientation import UPRIGHT, minimal_exif, read_orientation
from verification.documents.inspection.sniffing import PNG_SIGNATURE
from verification.documents.inspection.splicing import Part, splice
from verification.documents.inspection.types import Limits, Picture

SHOWN = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs", b"bKGD", b"cICP", b"IDAT", b"IEND"})
ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
# Table 8 of section 11.2.1: colour type → samples a pixel, allowed bit depths.
COLOUR_TYPES = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
# Section 8.1, Adam7: first column, first row, column step, row step of each pass.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
CHUNKS_MAX = 20_000  # 10 MB in the usual chunks of 8 KB are 1,280
COMPRESSED_STEP_BYTES = 64 * 1024
INFLATED_STEP_BYTES = 1024 * 1024


@dataclass(frozen=True)
class _Chunk:
    kind: bytes
    start: int  # of the chunk, at its length field
    end: int  # after its checksum

    def data(self, body: bytes) -> memoryview:
        return memoryview(body)[self.start + 8 : self.end - 4]


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    bits_per_pixel: int
    has_palette: bool
    is_interlaced: bool

    def inflated_bytes(self) -> int:
        """How many bytes the pixels are before filtering is undone: a filter byte and the packed samples for each row of each pass."""
        passes = ADAM7 if self.is_interlaced else ((0, 0, 1, 1),)
        total = 0
        for first_column, first_row, column_step, row_step in passes:
            columns = max(0, -(-(self.width - first_column) // column_step))
            rows = max(0, -(-(self.height - first_row) // row_step))
            total += rows * (1 + (columns * self.bits_per_pixel + 7) // 8) if columns else 0
        return total


def clean_png(body: bytes, limits: Limits) -> Picture:
    """Return the picture without its metadata; the compressed pixels are copied as they are.

    Kept are the chunks in SHOWN and the orientation. What follows the end of the image is cut off.

    Raises ImageUnreadable, ImageTruncated, ImageAnimated, ImageTooSmall, ImageTooLarge.
    """
    header: _Header | None = None
    pixels: list[memoryview] = []
    parts: list[Part] = [slice(0, len(PNG_SIGNATURE))]
    orientation, before_pixels, pixels_end, has_palette = UPRIGHT, 0, 0, False
    for chunk in _chunks(body):
        if header is None:
            header = _read_header(chunk, body)
            check_size(header.width, header.height, limits)
        elif chunk.kind == b"IHDR":
            raise ImageUnreadable
        elif chunk.kind == b"IDAT":
            if pixels and chunk.start != pixels_end:
                raise ImageUnreadable  # they must stand together (section 5.6)
            pixels_end = chunk.end
            before_pixels = before_pixels or len(parts)
            pixels.append(chunk.data(body))
        elif chunk.kind == b"eXIf":
            orientation = read_orientation(bytes(chunk.data(body)))
        has_palette = has_palette or chunk.kind == b"PLTE"
        if chunk.kind in SHOWN:
            parts.append(slice(chunk.start, chunk.end))
    if header is None or not pixels or (header.has_palette and not has_palette):
        raise ImageUnreadable
    _check_pixels(pixels, header.inflated_bytes())
    if orientation != UPRIGHT:
        parts.insert(before_pixels, _chunk_bytes(b"eXIf", minimal_exif(orientation)))
    return Picture(body=splice(body, parts), width=header.width, height=header.height)


def _chunks(body: bytes) -> Iterator[_Chunk]:
    """Yield the chunks up to and with IEND, each complete; the kept ones with a right checksum."""
    start = len(PNG_SIGNATURE)
    view = memoryview(body)
    for _ in range(CHUNKS_MAX):
        if start + 12 > len(body):
            raise ImageTruncated
        end = start + 12 + int.from_bytes(body[start : start + 4])
        kind = body[start + 4 : start + 8]
        if not kind.isalpha():
            raise ImageUnreadable
        if end > len(body):
            raise ImageTruncated
        if kind in ANIMATION:
            raise ImageAnimated
        if kind in SHOWN:
            if zlib.crc32(view[start + 4 : end - 4]) != int.from_bytes(body[end - 4 : end]):
                raise ImageUnreadable
        elif kind[:1].isupper():  # a critical chunk that nobody knows (section 5.4)
            raise ImageUnreadable
        yield _Chunk(kind, start, end)
        if kind == b"IEND":
            return
        start = end
    raise ImageUnreadable


def _read_header(chunk: _Chunk, body: bytes) -> _Header:
    """Section 11.2.1: width, height, bit depth, colour type, compression, filter and interlace method."""
    data = chunk.data(body)
    if chunk.kind != b"IHDR" or len(data) != 13:
        raise ImageUnreadable
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", data)
    samples, depths = COLOUR_TYPES.get(colour, (0, ()))
    if depth not in depths or compression or filtering or interlace > 1:
        raise ImageUnreadable
    return _Header(width, height, bits_per_pixel=samples * depth, has_palette=colour == 3, is_interlaced=interlace == 1)


def _check_pixels(pixels: list[memoryview], expected_bytes: int) -> None:
    """Inflate the pixels, keeping nothing, and stop at the first byte too many."""
    inflater = zlib.decompressobj()
    produced = 0
    try:
        for data in pixels:
            for at in range(0, len(data), COMPRESSED_STEP_BYTES):
                if inflater.eof:
                    raise ImageUnreadable  # something else is hidden behind the pixels
                left: bytes | memoryview = data[at : at + COMPRESSED_STEP_BYTES]
                while True:
                    inflated = len(inflater.decompress(left, INFLATED_STEP_BYTES))
                    produced += inflated
                    left = inflater.unconsumed_tail
                    if produced > expected_bytes or inflater.unused_data:
                        raise ImageUnreadable
                    if not left and inflated < INFLATED_STEP_BYTES:
                        break
    except zlib.error:
        raise ImageUnreadable from None
    if not inflater.eof or produced != expected_bytes:
        raise ImageTruncated


def _chunk_bytes(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
