"""Which kind of file some bytes are, from the bytes alone."""

from verification.documents.inspection.types import MediaType

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# ISO/IEC 23008-12 (HEIF), B.4.1: brands of files whose still picture is coded with HEVC.
HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis"})
BRANDS_BYTES_MAX = 256


def sniff(body: bytes) -> MediaType | None:
    """Return the media type that the first bytes are the signature of, or None.

    A signature must stand at offset 0: a file that begins as something else and becomes a document later is a polyglot.
    """
    if body.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG
    if body.startswith(PNG_SIGNATURE):
        return MediaType.PNG
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return MediaType.WEBP
    if body.startswith(b"%PDF-"):
        return MediaType.PDF
    if body[4:8] == b"ftyp" and _has_heic_brand(body):
        return MediaType.HEIC
    return None


def _has_heic_brand(body: bytes) -> bool:
    """Whether the file type box (ISO/IEC 14496-12, 4.3: size, "ftyp", major brand, version, compatible brands) names HEIC."""
    brands = body[8 : min(int.from_bytes(body[:4]), BRANDS_BYTES_MAX)]
    return any(brands[at : at + 4] in HEIC_BRANDS for at in range(0, len(brands), 4) if at != 4)
