"""The one door: what may become a document, and what of it is kept."""

import hashlib
from collections.abc import Callable

from django.conf import settings

from verification.documents.inspection.errors import FileIsEmpty, FileTooBig, FileTypeNotAccepted
from verification.documents.inspection.heic import clean_heic
from verification.documents.inspection.jpeg import clean_jpeg
from verification.documents.inspection.pdf import clean_pdf
from verification.documents.inspection.png import clean_png
from verification.documents.inspection.sniffing import sniff
from verification.documents.inspection.types import Limits, MediaType, Picture, Upload
from verification.documents.inspection.webp import clean_webp
from verification.levels.doc_types import DocType

CLEANERS: dict[MediaType, Callable[[bytes, Limits], Picture]] = {
    MediaType.JPEG: clean_jpeg,
    MediaType.PNG: clean_png,
    MediaType.WEBP: clean_webp,
    MediaType.HEIC: clean_heic,
}
PDF_ACCEPTED_FOR = frozenset({DocType.PROOF_OF_ADDRESS})


def limits_of_settings() -> Limits:
    """Return the limits that this installation runs with."""
    return Limits(bytes_max=settings.DOCUMENT_BYTES_MAX, pixels_max=settings.DOCUMENT_PIXELS_MAX)


def inspect_upload(body: bytes, doc_type: DocType, *, limits: Limits | None = None) -> Upload:
    """Return the document that these bytes are, cleaned of metadata, or refuse them.

    The bytes alone decide what they are. JPEG, PNG, WebP and HEIC are accepted for every document, PDF for the proof of address.
    Coded pixels are never changed, and decoded only where that is cheap (see `decoding.py`); orientation and colour profile are kept, so
    the picture looks as it did. Pure: the same bytes give the same result, and nothing is stored. A picture without metadata is
    handed on without a copy.

    Raises a subclass of UploadRefused.
    """
    limits = limits or limits_of_settings()
    if not body:
        raise FileIsEmpty
    if len(body) > limits.bytes_max:
        raise FileTooBig(f"File size is too big: {len(body)} bytes; send at most {limits.bytes_max} bytes.")
    media_type = sniff(body)
    if media_type is None:
        raise FileTypeNotAccepted(_accepted(doc_type))
    if media_type is MediaType.PDF:
        if doc_type not in PDF_ACCEPTED_FOR:
            raise FileTypeNotAccepted(_accepted(doc_type))
        pdf = clean_pdf(body, limits)
        return _upload(pdf.body, media_type, pages=pdf.pages)
    picture = CLEANERS[media_type](body, limits)
    return _upload(picture.body, media_type, width=picture.width, height=picture.height)


def _accepted(doc_type: DocType) -> str:
    if doc_type in PDF_ACCEPTED_FOR:
        return "Send a photo or scan as JPEG, PNG, WebP, HEIC or PDF."
    return "Send a photo or scan as JPEG, PNG, WebP or HEIC; a PDF is accepted as PROOF_OF_ADDRESS only."


def _upload(body: bytes, media_type: MediaType, *, width: int | None = None, height: int | None = None, pages: int = 1) -> Upload:
    digest = hashlib.sha256(body).hexdigest()
    return Upload(body=body, media_type=media_type, size_bytes=len(body), sha256=digest, width=width, height=height, pages=pages)
