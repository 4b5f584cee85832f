"""What goes in and what comes out of an inspection."""

from dataclasses import dataclass, field
from enum import StrEnum


class MediaType(StrEnum):
    """The kinds of files that a document may be. The value is the IANA media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"


@dataclass(frozen=True)
class Limits:
    """How large a document may be. `pixels_max` is width times height; `side_pixels_min` holds for width and height alike."""

    bytes_max: int
    pixels_max: int
    side_pixels_min: int = 100  # below this nobody can recognise a face or read a line of a card
    pages_max: int = 20


@dataclass(frozen=True)
class Picture:
    """A cleaned picture as its format's module hands it on; the size is the stored one, before any orientation is applied."""

    body: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True)
class Upload:
    """A document that may be kept: complete, of an accepted kind, and without metadata.

    `body` are the cleaned bytes, the only ones that are stored or handed on; `size_bytes` and `sha256` (hex) are theirs.
    `width` and `height` are pixels as stored, None for a PDF; `pages` is 1 for a picture.
    """

    body: bytes = field(repr=False)
    media_type: MediaType
    size_bytes: int
    sha256: str
    width: int | None
    height: int | None
    pages: int
