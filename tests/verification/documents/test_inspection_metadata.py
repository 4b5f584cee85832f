"""What is kept of an accepted upload: what shows, and nothing that tells where, when or with what it was made."""

import hashlib
import io
import struct
import zlib

import pikepdf
import pytest
from PIL import Image, ImageChops

from tests.verification.documents.drawing import (
    CANARY,
    FORMATS,
    SIDEWAYS,
    bill,
    encoded,
    exif_of,
    exif_with_location,
    photo,
    png_chunk,
    saved,
    shown,
    with_metadata,
)
from verification.documents.inspection import MediaType, inspect_upload
from verification.levels.doc_types import DocType

MEDIA_TYPES = {"JPEG": MediaType.JPEG, "PNG": MediaType.PNG, "WEBP": MediaType.WEBP, "HEIC": MediaType.HEIC}


def looks_the_same(one: bytes, other: bytes, kind: str) -> bool:
    before, after = shown(one, kind), shown(other, kind)
    return before.size == after.size and ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox() is None


@pytest.mark.parametrize("doc_type", DocType)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_accepted_for_every_document_and_described(kind: str, doc_type: DocType) -> None:
    upload = inspect_upload(encoded(photo(), kind), doc_type)

    assert upload.media_type is MEDIA_TYPES[kind]
    assert (upload.width, upload.height, upload.pages) == (320, 240, 1)
    assert upload.size_bytes == len(upload.body)
    assert upload.sha256 == hashlib.sha256(upload.body).hexdigest()
    assert "body" not in repr(upload)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_without_metadata_is_handed_on_without_a_copy_where_nothing_moves(kind: str) -> None:
    body = encoded(photo(), kind)
    upload = inspect_upload(body, DocType.SELFIE)
    assert upload.body is body


@pytest.mark.parametrize("kind", FORMATS)
def test_location_maker_and_xmp_are_gone_and_the_picture_is_the_right_way_up(kind: str) -> None:
    body = with_metadata(kind)
    cleaned = inspect_upload(body, DocType.ID_FRONT).body

    assert CANARY not in cleaned
    assert exif_of(cleaned, kind) == ({} if kind == "HEIC" else {0x0112: SIDEWAYS})  # HEIC turns by a property of the item
    assert shown(cleaned, kind).size == (240, 320)
    assert looks_the_same(body, cleaned, kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_cleaning_what_is_clean_changes_nothing(kind: str) -> None:
    cleaned = inspect_upload(with_metadata(kind), DocType.ID_BACK)
    assert inspect_upload(cleaned.body, DocType.ID_BACK) == cleaned


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", "<>")
def test_every_orientation_survives_in_either_byte_order(orientation: int, order: str) -> None:
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    for kind in ("JPEG", "PNG", "WEBP"):
        cleaned = inspect_upload(encoded(photo(), kind, exif=b"Exif\0\0" + tiff), DocType.SELFIE).body
        assert exif_of(cleaned, kind).get(0x0112, 1) == orientation


@pytest.mark.parametrize("kind", FORMATS)
def test_what_follows_the_end_of_the_picture_is_cut_off(kind: str) -> None:
    body = encoded(photo(), kind)
    for hidden in (
        b"PK\x03\x04" + CANARY,
        b"<script>" + CANARY + b"</script>",
        encoded(photo(seed=8), "JPEG"),
        b"%PDF-1.7 " + CANARY,
        b"\0",
        CANARY * 999,
    ):
        assert inspect_upload(body + hidden, DocType.SELFIE).body == body


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_colour_profile_is_kept(kind: str) -> None:
    profile = b"\0\0\2\x0clcms" + bytes(516)
    body = encoded(photo(), kind, icc_profile=profile, exif=exif_with_location())
    with Image.open(io.BytesIO(inspect_upload(body, DocType.SELFIE).body)) as image:
        assert image.info["icc_profile"] == profile


@pytest.mark.parametrize(
    "options", [{"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 3}, {"optimize": True}, {"comment": CANARY}]
)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_usual_jpeg_is_accepted_and_looks_the_same(mode: str, options: dict[str, object]) -> None:
    body = encoded(photo().convert(mode), "JPEG", **options)
    cleaned = inspect_upload(body, DocType.SELFIE).body
    assert CANARY not in cleaned
    assert looks_the_same(body, cleaned, "JPEG")


def test_a_jpegs_thumbnails_comments_and_foreign_segments_are_gone() -> None:
    body = encoded(photo(), "JPEG")
    jfif_with_thumbnail = b"\xff\xe0" + struct.pack(">H", 16 + 3) + body[6:18] + b"\1\1" + b"\1\2\3"
    foreign = b"".join(b"\xff" + bytes([marker]) + struct.pack(">H", 2 + len(CANARY)) + CANARY for marker in [*range(0xE0, 0xF0), 0xFE])
    assert body[2:4] == b"\xff\xe0"
    assert inspect_upload(body[:2] + jfif_with_thumbnail + foreign + body[20:], DocType.SELFIE).body == body


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_usual_png_is_accepted_and_looks_the_same(mode: str) -> None:
    body = encoded(photo().convert("L").convert("I;16") if mode == "I;16" else photo().convert(mode), "PNG")
    assert inspect_upload(body, DocType.SELFIE).body == body


def test_an_interlaced_png_is_counted_pass_by_pass() -> None:
    # Drawn by hand, Pillow writes none: 101 x 103 grey pixels in the seven passes of Adam7.
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b"".join(
        (b"\0" + bytes(len(range(column, 101, column_step)))) * len(range(row, 103, row_step))
        for column, row, column_step, row_step in passes
    )
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 101, 103, 8, 0, 0, 0, 1))
    body = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    assert shown(body, "PNG").size == (101, 103)
    assert inspect_upload(body, DocType.SELFIE).body == body


def test_a_pngs_texts_and_times_are_gone() -> None:
    body = encoded(photo(), "PNG")
    after_header = 8 + 25
    notes = png_chunk(b"tEXt", b"Comment\0" + CANARY) + png_chunk(b"tIME", bytes(7)) + png_chunk(b"prVt", CANARY)
    end = png_chunk(b"IEND", b"")
    noted = body[:after_header] + notes + body[after_header : -len(end)] + notes + end
    assert inspect_upload(noted, DocType.SELFIE).body == body


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 40}, {"lossless": True, "exact": True}])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_usual_webp_is_accepted_and_looks_the_same(mode: str, options: dict[str, object]) -> None:
    image = photo().convert(mode)
    if mode == "RGBA":
        image.putalpha(photo(seed=9).convert("L"))
    body = encoded(image, "WEBP", exif=exif_with_location(), **options)
    assert looks_the_same(body, inspect_upload(body, DocType.SELFIE).body, "WEBP")


def test_a_heic_keeps_its_layout_and_loses_what_stands_between_its_items() -> None:
    body = with_metadata("HEIC")
    film = struct.pack(">I4s", 8 + len(CANARY), b"mpvd") + CANARY
    cleaned = inspect_upload(body + film, DocType.SELFIE).body
    assert len(cleaned) == len(body)
    assert CANARY not in cleaned


def test_a_pdf_is_accepted_as_proof_of_address_without_author_and_metadata() -> None:
    body = bill(pages=3)
    upload = inspect_upload(body, DocType.PROOF_OF_ADDRESS)

    assert (upload.media_type, upload.width, upload.height, upload.pages) == (MediaType.PDF, None, None, 3)
    assert CANARY in body
    with pikepdf.open(io.BytesIO(upload.body)) as pdf:
        assert "/Info" not in pdf.trailer
        assert "/Metadata" not in pdf.Root
        assert b"Storgatan 1, page 2" in pdf.pages[2].Contents.read_bytes()
        assert CANARY not in saved(pdf)
    assert inspect_upload(body, DocType.PROOF_OF_ADDRESS) == upload


def test_a_pdfs_links_and_opening_view_are_harmless_and_stay() -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String("https://example.com/"))
    assert inspect_upload(bill(OpenAction=action), DocType.PROOF_OF_ADDRESS).pages == 1
