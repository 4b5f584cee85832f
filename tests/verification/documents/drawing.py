"""Pictures and PDFs that the tests draw themselves, with and without what must not be kept."""

import io
import random
import struct
import zlib
from typing import Any

import pikepdf
import pillow_heif
from PIL import Image, ImageOps, PngImagePlugin

CANARY = b"KANARIENVOGEL"
SIDEWAYS = 6  # EXIF orientation: turn by 90 degrees to the right
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    b'xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="' + CANARY + b'"/></rdf:RDF></x:xmpmeta>'
)
FORMATS = ("JPEG", "PNG", "WEBP", "HEIC")


def photo(width: int = 320, height: int = 240, *, seed: int = 7) -> Image.Image:
    """Return a picture with soft shapes and some noise, as a camera makes them; the same for the same seed."""
    small = Image.frombytes("RGB", (16, 12), random.Random(seed).randbytes(16 * 12 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return the picture in one of FORMATS."""
    target = io.BytesIO()
    if kind == "HEIC":
        pillow_heif.from_pillow(image).save(target, quality=60, **options)
    else:
        image.save(target, kind, **options)
    return target.getvalue()


def exif_with_location(orientation: int = SIDEWAYS) -> bytes:
    """Return EXIF as a telephone writes it: orientation, maker and the place."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 51.0, 31.0), 3: "E", 4: (17.0, 38.0, 20.0), 29: CANARY.decode()})
    return exif.tobytes()


def with_metadata(kind: str) -> bytes:
    """Return a picture with EXIF (location included) and XMP, in which the canary can be found."""
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    body = encoded(photo(), kind, exif=exif_with_location(), **({"pnginfo": texts} if kind == "PNG" else {"xmp": XMP}))
    assert body.count(CANARY) == 3
    return body


def shown(body: bytes, kind: str) -> Image.Image:
    """Return what somebody sees who opens the file."""
    if kind == "HEIC":
        return pillow_heif.open_heif(body).to_pillow()
    with Image.open(io.BytesIO(body), formats=(kind,)) as image:
        return ImageOps.exif_transpose(image)


def exif_of(body: bytes, kind: str) -> dict[int, Any]:
    """Return the entries of a file's EXIF, where it still has any."""
    if kind == "HEIC":
        exif = Image.Exif()
        exif.load(pillow_heif.open_heif(body).info["exif"] or b"")
        return dict(exif)
    with Image.open(io.BytesIO(body), formats=(kind,)) as image:
        image.load()
        return dict(image.getexif())


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, *, depth: int = 8, colour: int = 0, more: bytes = b"") -> bytes:
    """Return a PNG with the given header and already compressed pixels, whether they fit together or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + more + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def bill(pages: int = 1, **root: Any) -> bytes:
    """Return a PDF with text on each page, the canary as its author, and whatever else its catalogue is to hold."""
    pdf = pikepdf.new()
    for number in range(pages):
        page = pdf.add_blank_page(page_size=(595, 842))
        page.Contents = pdf.make_stream(b"BT /F1 12 Tf 72 720 Td (Storgatan 1, page %d) Tj ET" % number)
        page.Resources = pikepdf.Dictionary(
            Font=pikepdf.Dictionary(
                F1=pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
            )
        )
    for name, value in root.items():
        pdf.Root[f"/{name}"] = value
    pdf.docinfo["/Author"] = CANARY.decode()
    pdf.Root.Metadata = pdf.make_stream(XMP, Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML)
    return saved(pdf)


def saved(pdf: pikepdf.Pdf, **options: Any) -> bytes:
    """Return a PDF as bytes whose text can be searched."""
    target = io.BytesIO()
    pdf.save(target, compress_streams=False, **options)
    return target.getvalue()
