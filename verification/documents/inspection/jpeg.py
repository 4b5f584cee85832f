"""JPEG: the whole stream is walked, and only the segments that a decoder needs are kept.

Source: ITU-T T.81, annex B (markers, segments, scans); JFIF 1.02 (APP0); Exif 2.32, 4.7 (APP1); ICC.1:2022, B.4 (APP2).
No library strips losslessly without writing the picture anew, so the walker is ours; whether the picture can be decoded is
Pillow's to say.
"""

import re
import struct
from dataclasses import dataclass, field

from verification.documents.inspection.decoding import check_size, decode_with_pillow, fits_decoded
from verification.documents.inspection.errors import ImageTruncated, ImageUnreadable
from verification.documents.inspection.orientation import UPRIGHT, minimal_exif, read_orientation
from verification.documents.inspection.splicing import Part, splice
from verification.documents.inspection.types import Limits, Picture

SOI, EOI, SOS, APP0, APP1, APP2, APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE
SEQUENTIAL = frozenset({0xC0, 0xC1})
PROGRESSIVE = 0xC2
# T.81 table B.1: lossless, hierarchical and arithmetic-coded frames, which neither browsers nor providers show.
OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
TABLES = frozenset({0xC4, 0xDB, 0xDD})  # Huffman, quantisation, restart interval
# In entropy-coded data 0xFF is followed by 0x00 or by a restart marker (T.81, B.1.1.5); anything else ends the scan.
END_OF_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
SCANS_MAX = 32  # encoders write about ten; each one more costs a pass over the picture
SEGMENTS_MAX = 10_000
EXIF_HEADER = b"Exif\0\0"


@dataclass
class _Walk:
    """What has been seen of a file so far."""

    parts: list[Part] = field(default_factory=list)
    width: int = 0
    height: int = 0
    components: int = 0
    is_progressive: bool = False
    scans: int = 0
    first_scan_components: int = 0
    has_jfif: bool = False
    orientation: int = UPRIGHT


def clean_jpeg(body: bytes, limits: Limits) -> Picture:
    """Return the picture without its metadata; the coded pixels are copied as they are.

    Kept are JFIF without its thumbnail, the colour profile, Adobe's colour transform and the orientation. What follows the end of
    the image (a second picture, a film, an archive) is cut off.

    Raises ImageUnreadable, ImageTruncated, ImageTooSmall, ImageTooLarge.
    """
    walk = _walk(body, limits)
    if walk.orientation != UPRIGHT:
        exif = EXIF_HEADER + minimal_exif(walk.orientation)
        # JFIF and Exif both ask to be the first segment; with JFIF first and Exif second every reader finds both.
        walk.parts.insert(2 if walk.has_jfif else 1, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    cleaned = splice(body, walk.parts)
    is_streamed = not walk.is_progressive and walk.first_scan_components == walk.components
    # Several scans are gathered as coefficients of two bytes before the first pixel comes out.
    if is_streamed or fits_decoded(body, walk.width, walk.height, bytes_per_pixel=2 * walk.components):
        decode_with_pillow(cleaned, "JPEG", walk.width, walk.height)
    return Picture(body=cleaned, width=walk.width, height=walk.height)


def _walk(body: bytes, limits: Limits) -> _Walk:
    walk = _Walk(parts=[slice(0, 2)])
    position = 2
    for _ in range(SEGMENTS_MAX):
        start, marker = _marker(body, position)
        if marker == EOI:
            if not walk.scans:
                raise ImageUnreadable
            walk.parts.append(slice(start, start + 2))
            return walk
        end = _end_of_segment(body, start)
        payload = memoryview(body)[start + 4 : end]
        if marker in SEQUENTIAL or marker == PROGRESSIVE:
            _read_frame(walk, marker, payload, limits)
            walk.parts.append(slice(start, end))
        elif marker == SOS:
            _read_scan(walk, payload)
            found = END_OF_SCAN.search(body, end)
            if found is None:
                raise ImageTruncated
            end = found.start()
            walk.parts.append(slice(start, end))
        elif marker in TABLES:
            walk.parts.append(slice(start, end))
        elif APP0 <= marker <= 0xEF or marker == 0xFE:
            _read_application_segment(walk, marker, slice(start, end), bytes(payload))
        else:
            raise ImageUnreadable
        position = end
    raise ImageUnreadable


def _marker(body: bytes, position: int) -> tuple[int, int]:
    """Return where the next marker begins, without fill bytes (T.81, B.1.1.2), and its second byte."""
    if position >= len(body):
        raise ImageTruncated
    if body[position] != 0xFF:
        raise ImageUnreadable
    at = position + 1
    while at < len(body) and body[at] == 0xFF:
        at += 1
    if at >= len(body):
        raise ImageTruncated
    if body[at] in OTHER_FRAMES:
        raise ImageUnreadable("The image is a lossless or arithmetic-coded JPEG. Save it as an ordinary JPEG and send that.")
    return at - 1, body[at]


def _end_of_segment(body: bytes, start: int) -> int:
    if start + 4 > len(body):
        raise ImageTruncated
    length = int.from_bytes(body[start + 2 : start + 4])
    if length < 2:
        raise ImageUnreadable
    end = start + 2 + length
    if end > len(body):
        raise ImageTruncated
    return end


def _read_frame(walk: _Walk, marker: int, payload: memoryview, limits: Limits) -> None:
    """Frame header, T.81 B.2.2: precision, height, width, number of components, three bytes for each."""
    if walk.components or len(payload) < 6:
        raise ImageUnreadable
    precision, walk.height, walk.width, walk.components = struct.unpack_from(">BHHB", payload)
    if precision != 8 or walk.components not in (1, 3, 4) or len(payload) != 6 + 3 * walk.components or not walk.width or not walk.height:
        raise ImageUnreadable
    walk.is_progressive = marker == PROGRESSIVE
    check_size(walk.width, walk.height, limits)


def _read_scan(walk: _Walk, payload: memoryview) -> None:
    """Scan header, T.81 B.2.3: number of components, two bytes for each, three more."""
    walk.scans += 1
    if not walk.components or not len(payload) or len(payload) != 4 + 2 * payload[0] or walk.scans > SCANS_MAX:
        raise ImageUnreadable
    walk.first_scan_components = walk.first_scan_components or payload[0]


def _read_application_segment(walk: _Walk, marker: int, where: slice, payload: bytes) -> None:
    """Keep what a decoder needs of APP0 to APP15 and COM; everything else is somebody's metadata."""
    if marker == APP0 and payload.startswith(b"JFIF\0") and len(payload) >= 14 and len(walk.parts) == 1:
        walk.has_jfif = True
        without_thumbnail = payload[:12] + b"\0\0"  # version and density; a thumbnail without rows and columns
        walk.parts.append(where if payload == without_thumbnail else b"\xff\xe0\x00\x10" + without_thumbnail)
    elif marker == APP1 and payload.startswith(EXIF_HEADER):
        walk.orientation = read_orientation(payload[len(EXIF_HEADER) :])
    elif (marker == APP2 and payload.startswith(b"ICC_PROFILE\0")) or (marker == APP14 and payload.startswith(b"Adobe")):
        walk.parts.append(where)
