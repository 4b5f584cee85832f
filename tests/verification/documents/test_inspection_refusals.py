"""What is no document: every refusal by its code, quickly, and nothing but refusals for whatever bytes there are."""

import io
import struct
import time
import zipfile
import zlib
from typing import Any

import pikepdf
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.documents.drawing import FORMATS, bill, encoded, photo, png, png_chunk, saved, with_metadata
from verification.documents.inspection import Limits, UploadRefused, inspect_upload
from verification.documents.inspection import errors as refusals
from verification.levels.doc_types import DocType

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"  # the antivirus industry's harmless test file
ELF = b"\x7fELF\x02\x01\x01" + bytes(57)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400"><script>alert(1)</script></svg>'


def refusal(body: bytes, doc_type: DocType = DocType.PROOF_OF_ADDRESS, **options: Any) -> type[UploadRefused]:
    with pytest.raises(UploadRefused) as refused:
        inspect_upload(body, doc_type, **options)
    assert refused.value.detail
    return type(refused.value)


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as files:
        files.writestr("me.jpg", encoded(photo(), "JPEG"))
    return target.getvalue()


NOT_DOCUMENTS = [
    ELF,
    SVG,
    b'<?xml version="1.0"?>' + SVG,
    b"<!DOCTYPE html><img src=x>",
    EICAR,
    archive(),
    *(head + bytes(300) for head in (b"GIF89a", b"BM", b"MZ", b"II*\0", b"\x1f\x8b\x08", b"RIFF\x24\0\0\0WAVEfmt ")),
    b"\0\0\0\x1cftypisom" + bytes(300),
    b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf" + bytes(300),
    b"\xff",
    b" %PDF-1.7",
]


@pytest.mark.parametrize("doc_type", DocType)
@pytest.mark.parametrize(
    "body",
    NOT_DOCUMENTS,
)
def test_bytes_of_another_kind_are_refused_whatever_they_are_called(body: bytes, doc_type: DocType) -> None:
    assert refusal(body, doc_type) is refusals.FileTypeNotAccepted


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_behind_something_else_is_a_polyglot_and_refused(kind: str) -> None:
    for before in (b"<html>", b"%!PS\n", archive(), ELF, b"\n"):
        assert refusal(before + encoded(photo(), kind)) is refusals.FileTypeNotAccepted


@pytest.mark.parametrize("doc_type", [DocType.ID_FRONT, DocType.ID_BACK, DocType.SELFIE])
def test_a_pdf_is_refused_for_anything_but_the_proof_of_address(doc_type: DocType) -> None:
    with pytest.raises(refusals.FileTypeNotAccepted, match="PROOF_OF_ADDRESS only"):
        inspect_upload(bill(), doc_type)


def test_no_bytes_and_too_many_bytes_are_refused_by_their_number() -> None:
    assert refusal(b"") is refusals.FileIsEmpty
    body = encoded(photo(), "JPEG")
    assert inspect_upload(body, DocType.SELFIE, limits=Limits(bytes_max=len(body), pixels_max=320 * 240)).body == body
    assert refusal(body, limits=Limits(bytes_max=len(body) - 1, pixels_max=320 * 240)) is refusals.FileTooBig
    assert refusal(bytes(10 * 1024 * 1024 + 1)) is refusals.FileTooBig


@pytest.mark.parametrize("kind", FORMATS)
def test_the_number_of_pixels_is_bounded_on_both_sides(kind: str) -> None:
    body = encoded(photo(), kind)
    assert refusal(body, limits=Limits(bytes_max=len(body), pixels_max=320 * 240 - 1)) is refusals.ImageTooLarge
    assert refusal(encoded(photo(320, 98), kind)) is refusals.ImageTooSmall
    assert refusal(encoded(photo(98, 320), kind)) is refusals.ImageTooSmall


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_that_was_cut_anywhere_is_refused(kind: str) -> None:
    body = encoded(photo(), kind)
    for length in [*range(40, len(body), max(len(body) // 60, 1)), len(body) - 1]:
        assert refusal(body[:length]) in (refusals.ImageTruncated, refusals.ImageUnreadable), length
    assert refusal(body[: len(body) // 2]) is refusals.ImageTruncated


def test_a_jpeg_whose_middle_is_missing_is_refused() -> None:
    body = encoded(photo(), "JPEG", progressive=True)
    frame = body.index(b"\xff\xc2")
    assert refusal(body[:frame] + b"\xff\xd9") is refusals.ImageUnreadable
    assert refusal(b"\xff\xd8\xff\xd9") is refusals.ImageUnreadable
    assert refusal(body.replace(b"\xff\xc2", b"\xff\xc9")) is refusals.ImageUnreadable


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused(kind: str) -> None:
    body = encoded(photo(), kind, save_all=True, append_images=[photo(seed=8)])
    assert refusal(body) is refusals.ImageAnimated


def test_a_series_of_pictures_is_refused() -> None:
    series = pillow_heif.from_pillow(photo())
    series.add_from_pillow(photo(seed=8))
    target = io.BytesIO()
    series.save(target)
    assert refusal(target.getvalue()) is refusals.ImageAnimated


def test_a_png_of_50000_by_50000_is_refused_by_its_header_in_a_moment() -> None:
    started = time.process_time()
    assert refusal(png(50_000, 50_000, zlib.compress(bytes(1000)))) is refusals.ImageTooLarge
    assert time.process_time() - started < 0.1


def test_a_png_that_inflates_beyond_its_header_is_refused_in_a_moment() -> None:
    bomb = zlib.compress(bytes(500_000_000), 1)
    started = time.process_time()
    assert refusal(png(300, 300, bomb)) is refusals.ImageUnreadable
    assert time.process_time() - started < 0.5


def test_a_png_that_breaks_its_rules_is_refused() -> None:
    rows = zlib.compress(bytes(300 * 301))
    assert inspect_upload(png(300, 300, rows), DocType.SELFIE).width == 300
    broken = {
        "too few rows": png(300, 299, rows),
        "too many rows": png(300, 301, rows),
        "no palette": png(300, 300, rows, colour=3),
        "unknown colour type": png(300, 300, rows, colour=5),
        "depth that its colour type has not": png(300, 300, rows, depth=4, colour=2),
        "something behind the pixels": png(300, 300, rows + b"PK\x03\x04"),
        "unknown critical chunk": png(300, 300, rows, more=png_chunk(b"EVIL", b"")),
        "second header": png(300, 300, rows, more=png_chunk(b"IHDR", bytes(13))),
        "wrong checksum": png(300, 300, rows).replace(b"IEND\xaeB`\x82", b"IEND\0\0\0\0"),
        "pixels apart": png(300, 300, rows[:50], more=png_chunk(b"IDAT", rows[50:]) + png_chunk(b"tEXt", b"a\0b")),
        "not deflated": png(300, 300, bytes(300)),
    }
    assert {name: refusal(body).__mro__[1] for name, body in broken.items()} == dict.fromkeys(broken, UploadRefused)


def test_a_webp_that_says_two_sizes_is_refused() -> None:
    body = with_metadata("WEBP")
    assert body[12:16] == b"VP8X"
    assert refusal(body[:24] + struct.pack("<I", 5000)[:3] + body[27:]) is refusals.ImageUnreadable


def pdf_with_annotation(**annotation: Any) -> bytes:
    with pikepdf.open(io.BytesIO(bill())) as pdf:
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Annot, **annotation))])
        return saved(pdf, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def action(kind: str, **members: Any) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name(kind), **members)


@pytest.mark.parametrize(
    "body",
    [
        bill(OpenAction=action("/JavaScript", JS=pikepdf.String("app.alert(1)"))),
        bill(Names=pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=pikepdf.Array()))),
        bill(Names=pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=pikepdf.Array()))),
        bill(AcroForm=pikepdf.Dictionary(XFA=pikepdf.Array(), Fields=pikepdf.Array())),
        bill(OpenAction=action("/Launch", F=pikepdf.String("calc.exe"))),
        pdf_with_annotation(Subtype=pikepdf.Name.Link, AA=pikepdf.Dictionary(E=action("/JavaScript", JS=pikepdf.String("x")))),
        pdf_with_annotation(Subtype=pikepdf.Name.Link, A=action("/URI", Next=pikepdf.Array([action("/SubmitForm")]))),
        pdf_with_annotation(Subtype=pikepdf.Name.FileAttachment),
        pdf_with_annotation(Subtype=pikepdf.Name.RichMedia),
    ],
    ids=["open", "names", "files", "xfa", "launch", "hover", "chain", "attachment", "media"],
)
def test_a_pdf_that_can_do_something_is_refused_wherever_it_hides_it(body: bytes) -> None:
    assert refusal(body) is refusals.PdfActiveContent


@pytest.mark.parametrize("user_password", ["u", ""])
def test_an_encrypted_pdf_is_refused_also_when_it_opens_without_a_password(user_password: str) -> None:
    with pikepdf.open(io.BytesIO(bill())) as pdf:
        assert refusal(saved(pdf, encryption=pikepdf.Encryption(owner="o", user=user_password))) is refusals.PdfEncrypted


def test_a_pdf_without_pages_or_with_too_many_is_refused() -> None:
    assert refusal(saved(pikepdf.new())) is refusals.PdfHasNoPages
    assert inspect_upload(bill(pages=20), DocType.PROOF_OF_ADDRESS).pages == 20
    assert refusal(bill(pages=21)) is refusals.PdfTooManyPages


def test_a_damaged_pdf_is_refused() -> None:
    body = bill()
    for broken in (body[: len(body) // 2], body[:-40], b"%PDF-1.7\n", b"%PDF-1.7\n" + EICAR, body + archive() * 9):
        assert refusal(broken) is refusals.PdfUnreadable


def pdf_bomb() -> bytes:
    """Return a PDF of 5 MB whose catalogue stands in an object stream that inflates to 1 GB; it has no pages."""
    packer = zlib.compressobj(1)
    packed = packer.compress(b"1 0 2 40 " + b"<</Type/Catalog/Pages 2 0 R>>".ljust(40) + b"<</Type/Pages/Count 0/Kids[]>>")
    packed += b"".join(packer.compress(b" " * 16 * 1024 * 1024) for _ in range(64)) + packer.flush()
    body = b"%PDF-1.5\n"
    rows = struct.pack(">" + "BIH" * 4, 0, 0, 0, 2, 3, 0, 2, 3, 1, 1, len(body), 0)
    body += b"3 0 obj\n<</Type/ObjStm/N 2/First 9/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (len(packed), packed)
    table = len(body)
    rows += struct.pack(">BIH", 1, table, 0)
    body += b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n%b\nendstream\nendobj\n" % (len(rows), rows)
    return body + b"startxref\n%d\n%%%%EOF\n" % table


def test_a_pdf_that_inflates_to_gigabytes_is_refused_before_anybody_could_count_its_pages() -> None:
    assert refusal(pdf_bomb()) is refusals.PdfUnreadable  # with memory enough it would be PdfHasNoPages


def every_refusal() -> list[type[UploadRefused]]:
    return UploadRefused.__subclasses__()


def test_every_refusal_has_a_code_of_its_own_and_an_answer_for_the_end_user() -> None:
    assert {kind.code: (kind.http_status, kind.end_user_code) for kind in every_refusal()} == {
        "file_is_empty": (422, "Err1005"),
        "file_too_big": (413, "Err1234"),
        "file_type_not_accepted": (422, "Err1004"),
        "image_unreadable": (422, "Err1005"),
        "image_truncated": (422, "Err1005"),
        "image_too_small": (422, "Err1005"),
        "image_too_large": (422, "Err1005"),
        "image_animated": (422, "Err1004"),
        "pdf_unreadable": (422, "Err1005"),
        "pdf_encrypted": (422, "Err1004"),
        "pdf_active_content": (422, "Err1004"),
        "pdf_has_no_pages": (422, "Err1005"),
        "pdf_too_many_pages": (422, "Err1005"),
    }
    assert refusals.FileTooBig.title == "File size is too big"  # the first seed's words


HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBP", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]
SAMPLES = [with_metadata(kind) for kind in FORMATS]


def inspect_or_refuse(body: bytes) -> None:
    try:
        upload = inspect_upload(body, DocType.SELFIE)
    except UploadRefused:
        return
    assert inspect_upload(upload.body, DocType.SELFIE) == upload  # what is accepted is accepted again, and stays as it is


@given(st.sampled_from(HEADS), st.binary(max_size=400))
def test_any_bytes_are_accepted_or_refused(head: bytes, tail: bytes) -> None:
    inspect_or_refuse(head + tail)


@given(st.sampled_from(SAMPLES), st.data())
def test_any_damage_to_a_picture_is_accepted_or_refused(sample: bytes, data: st.DataObject) -> None:
    body = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, min(len(body), 1200) - 1))  # where the structure stands
        body[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    inspect_or_refuse(bytes(body))
