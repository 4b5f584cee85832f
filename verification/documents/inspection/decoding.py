"""Decoding a picture to see that it can be decoded, where that costs little.

A format module checks the structure of every file to its end. Decoding finds more, but a picture of 40 megapixels takes 160 MB,
and no upload is to cost much more memory than the largest one and its cleaned copy. So what a decoder can do in a stream (sequential
JPEG, PNG) is always done; what needs the whole picture in memory is done where upload, copy and picture fit into MEMORY_BYTES_MAX, and
left to the provider for larger pictures, which rejects what it cannot read.
"""

import io
from typing import Literal

from PIL import Image

from verification.documents.inspection.errors import ImageTooLarge, ImageTooSmall, ImageTruncated, ImageUnreadable
from verification.documents.inspection.types import Limits

MEMORY_BYTES_MAX = 24 * 1024 * 1024


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse a picture by the size its header states, before anything is decoded. Raises ImageTooSmall or ImageTooLarge."""
    if min(width, height) < limits.side_pixels_min:
        raise ImageTooSmall(
            f"The image is {width} x {height} pixels; send one of at least {limits.side_pixels_min} x {limits.side_pixels_min} pixels."
        )
    if width * height > limits.pixels_max:
        raise ImageTooLarge(f"The image is {width} x {height} pixels; send one of at most {limits.pixels_max} pixels (width x height).")


def fits_decoded(body: bytes, width: int, height: int, *, bytes_per_pixel: int) -> bool:
    """Whether decoding such a picture as a whole, beside its upload and its cleaned copy, stays within MEMORY_BYTES_MAX."""
    return 2 * len(body) + width * height * bytes_per_pixel <= MEMORY_BYTES_MAX


def decode_with_pillow(body: bytes, kind: Literal["JPEG", "WEBP"], width: int, height: int) -> None:
    """Decode a cleaned picture, a JPEG at an eighth of its size. Raises ImageTruncated or ImageUnreadable.

    Scaling happens in the JPEG's inverse transform (libjpeg's `scale_denom`): the whole stream is read, little memory is used.
    """
    try:
        with Image.open(io.BytesIO(body), formats=(kind,)) as image:
            size = image.size
            image.draft(None, (max(width // 8, 1), max(height // 8, 1)))
            image.load()
    except MemoryError:
        raise
    except OSError as error:  # Pillow tells the two apart in words only
        raise (ImageTruncated if "truncated" in str(error) else ImageUnreadable)() from None
    except Exception:  # Pillow has no closed list of what it raises on a broken file
        raise ImageUnreadable from None
    if size != (width, height):
        raise ImageUnreadable
