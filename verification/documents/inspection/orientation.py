"""The one thing in EXIF that a picture cannot be shown without: which way is up."""

import struct

ORIENTATION_TAG = 0x0112
SHORT = 3
UPRIGHT = 1
ENTRIES_MAX = 1000


def read_orientation(tiff: bytes) -> int:
    """Return the orientation, 1 to 8, of an EXIF block that begins with its TIFF header; 1 where there is none or it is broken.

    TIFF 6.0, section 2 (header and image file directory) and Exif 2.32, 4.6.4 A (Orientation).
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, directory)
        for entry in range(min(entries, ENTRIES_MAX)):
            tag, kind, count, value = struct.unpack_from(order + "HHIH", tiff, directory + 2 + 12 * entry)
            if tag == ORIENTATION_TAG:
                return value if kind == SHORT and count == 1 and 1 <= value <= 8 else UPRIGHT
    except struct.error:  # an offset that points outside: such a block says nothing
        return UPRIGHT
    return UPRIGHT


def minimal_exif(orientation: int) -> bytes:
    """Return an EXIF block, from its TIFF header on, that holds the orientation and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION_TAG, SHORT, 1, orientation, 0, 0)


EMPTY_EXIF = b"MM\0*" + struct.pack(">IHI", 8, 0, 0)
