"""Documents of made-up people, drawn: identity card, passport, utility bill, portrait. All are marked as specimens.

A person has the same face on every picture; the noise of the camera differs, so no two files are the same bytes.
"""

import io
import random
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import pikepdf
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from kyc_platform.demo.mrz import td1, td3
from kyc_platform.demo.people import Person

CARD_PIXELS: Final = (1200, 757)  # ID-1, 85.6 x 54 mm
PAGE_PIXELS: Final = (1250, 880)  # ID-3, 125 x 88 mm
PORTRAIT_PIXELS: Final = (1200, 1600)
JPEG_QUALITY: Final = 88
INK: Final = "#1b2a3a"
PALE_INK: Final = "#5b6b7a"
SKINS: Final = ("#f1cfb4", "#e3b38f", "#c68a62", "#8d5a3b", "#f6ddc8")
HAIRS: Final = ("#2b1d14", "#5a3a1e", "#a5773f", "#d8b873", "#777777")
EYES: Final = ("#4b6a8a", "#54703f", "#5a3d25")


def draw_documents(person: Person, *, today: date, has_blurred_selfie: bool = False) -> dict[str, bytes]:
    """Return the four documents of a person by their `doc_type`; the bill is twenty days old."""
    return {
        "ID_FRONT": draw_id_front(person),
        "ID_BACK": draw_id_back(person),
        "PROOF_OF_ADDRESS": draw_utility_bill(person, issued_on=today - timedelta(days=20)),
        "SELFIE": draw_selfie(person, is_blurred=has_blurred_selfie),
    }


def draw_id_front(person: Person) -> bytes:
    """Return the front of an identity card as JPEG; of a passport, its data page."""
    if person.document_type == "passport":
        page = _paper(PAGE_PIXELS, person, hue=(214, 226, 235))
        _heading(page, "PASS  PASSPORT", person)
        page.paste(_portrait(person, (330, 430)), (50, 170))
        _fields(page, (430, 165), _particulars(person))
        _machine_readable(page, td3(person.holder()), top=750)
        return _photographed(page, person)
    card = _paper(CARD_PIXELS, person, hue=(226, 234, 220))
    _heading(card, "NATIONELLT IDENTITETSKORT  IDENTITY CARD", person)
    card.paste(_portrait(person, (310, 400)), (50, 180))
    _fields(card, (400, 170), _particulars(person))
    return _photographed(card, person)


def draw_id_back(person: Person) -> bytes:
    """Return the back of an identity card, with its machine-readable zone, as JPEG; of a passport, the page with the signature."""
    size = PAGE_PIXELS if person.document_type == "passport" else CARD_PIXELS
    back = _paper(size, person, hue=(228, 222, 234))
    _fields(back, (60, 60), (("Längd / Height", f"{150 + person.face % 45} cm"), ("Utfärdad av / Authority", "Specimen, " + person.city)))
    _signature(back, person, (60, 330))
    if person.document_type != "passport":
        _machine_readable(back, td1(person.holder()), top=500)
    return _photographed(back, person)


def draw_selfie(person: Person, *, is_blurred: bool = False) -> bytes:
    """Return a photo of the person as JPEG; out of focus when asked."""
    photo = _portrait(person, PORTRAIT_PIXELS)
    if is_blurred:
        photo = photo.filter(ImageFilter.GaussianBlur(28))
    return _photographed(photo, person)


def draw_utility_bill(person: Person, *, issued_on: date) -> bytes:
    """Return a bill with the person's name and address as a PDF of one page, with real text."""
    lines = (
        (24, "Specimen Energi AB"),
        (11, "Box 100, 111 11 Stockholm"),
        (11, ""),
        (12, person.name),
        (12, person.street),
        (12, f"{person.postal_code} {person.city}"),
        (12, "Sverige"),
        (11, ""),
        (16, "Elräkning / Electricity bill"),
        (11, f"Fakturadatum / Date: {issued_on.isoformat()}"),
        (11, f"Kundnummer / Customer: {person.face % 10_000_000:07d}"),
        (11, ""),
        *((11, f"{what:<42}{person.face % modulus / 100:>12.2f} kr") for what, modulus in (("Elnät", 40_000), ("Energi", 90_000))),
        (11, ""),
        (9, "SPECIMEN. Drawn for a demonstration: nobody lives here and nothing is owed."),
    )
    pdf = pikepdf.new()
    page = pdf.add_blank_page(page_size=(595, 842))  # A4 in points
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Courier, Encoding=pikepdf.Name.WinAnsiEncoding
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=pdf.make_indirect(font)))
    page.Contents = pdf.make_stream(_text_operators(lines))
    buffer = io.BytesIO()
    pdf.save(buffer, deterministic_id=True)
    return buffer.getvalue()


def _text_operators(lines: Sequence[tuple[int, str]]) -> bytes:
    parts = [b"BT 60 780 Td"]
    for size, text in lines:
        escaped = text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
        parts.append(b"/F1 %d Tf (%s) Tj 0 -%d Td" % (size, escaped, size + 7))
    return b"\n".join([*parts, b"ET"])


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _paper(size: tuple[int, int], person: Person, *, hue: tuple[int, int, int]) -> Image.Image:
    """Return a document's ground: a pale colour with fine interwoven lines, as real ones have."""
    chance = random.Random(person.face)  # noqa: S311  # nothing secret is drawn
    paper = Image.new("RGB", size, hue)
    draw = ImageDraw.Draw(paper)
    for number in range(26):
        colour = tuple(channel - 14 - number % 12 for channel in hue)
        left, top = chance.randint(-size[0] // 2, size[0]), chance.randint(-size[1] // 2, size[1])
        for ring in range(0, 180, 12):
            draw.ellipse((left + ring, top + ring // 2, left + size[0] // 2 - ring, top + size[1] // 2 - ring // 2), outline=colour)
    draw.text((size[0] // 2, size[1] // 2), "SPECIMEN", font=_font(150), fill=tuple(channel - 18 for channel in hue), anchor="mm")
    return paper


def _heading(image: Image.Image, title: str, person: Person) -> None:
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, image.width, 130), fill="#2e5f8a")
    draw.text((50, 20), "SVERIGE  SWEDEN", font=_font(38), fill="white")
    draw.text((50, 75), title, font=_font(30), fill="white")
    draw.text((image.width - 50, 75), person.document_number, font=_font(36), fill="white", anchor="ra")


def _particulars(person: Person) -> tuple[tuple[str, str], ...]:
    return (
        ("Efternamn / Surname", person.surname.upper()),
        ("Förnamn / Given names", person.given_names.upper()),
        ("Nationalitet / Nationality", "SVENSK / SWEDISH"),
        ("Födelsedatum / Date of birth", f"{person.date_of_birth:%d %m %Y}   {person.sex}"),
        ("Utfärdandedag / Date of issue", f"{person.issued_on:%d %m %Y}"),
        ("Sista giltighetsdag / Date of expiry", f"{person.expires_on:%d %m %Y}"),
    )


def _fields(image: Image.Image, place: tuple[int, int], fields: Sequence[tuple[str, str]]) -> None:
    draw = ImageDraw.Draw(image)
    for number, (label, value) in enumerate(fields):
        top = place[1] + number * 92
        _write(draw, (place[0], top), label, 22, PALE_INK)
        _write(draw, (place[0], top + 28), value, 40, INK)


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, colour: str) -> None:
    """Write text in Pillow's own font, which every machine has; it knows no letters with dots or rings, so those are drawn."""
    font, left, dot = _font(size), float(place[0]), size / 16
    for letter in text:
        base, *marks = tuple(unicodedata.normalize("NFD", letter))
        draw.text((left, place[1]), base, font=font, fill=colour)
        middle, top = left + font.getlength(base) / 2, place[1] + font.getbbox(base)[1] - 2.2 * dot
        if "\N{COMBINING DIAERESIS}" in marks:
            for aside in (-2.4 * dot, 2.4 * dot):
                draw.ellipse((middle + aside - dot, top - dot, middle + aside + dot, top + dot), fill=colour)
        elif "\N{COMBINING RING ABOVE}" in marks:
            draw.ellipse((middle - 2 * dot, top - 2.6 * dot, middle + 2 * dot, top + 1.4 * dot), outline=colour, width=max(round(dot), 1))
        left += font.getlength(base)


def _machine_readable(image: Image.Image, lines: Sequence[str], *, top: int) -> None:
    """Write a machine-readable zone, each character in a cell of its own, as OCR-B stands."""
    draw = ImageDraw.Draw(image)
    cell = (image.width - 90) / max(len(line) for line in lines)
    draw.rectangle((0, top - 20, image.width, image.height), fill="#f4f4ef")
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            draw.text(
                (45 + (column + 0.5) * cell, top + 30 + row * 60), character, font=_font(round(cell * 1.15)), fill="#101010", anchor="mm"
            )


def _signature(image: Image.Image, person: Person, place: tuple[int, int]) -> None:
    chance = random.Random(person.face + 1)  # noqa: S311  # nothing secret is drawn
    points = [(place[0] + step * 12, place[1] + 40 + chance.randint(-38, 38)) for step in range(34)]
    ImageDraw.Draw(image).line(points, fill="#20335a", width=4, joint="curve")


def _portrait(person: Person, size: tuple[int, int]) -> Image.Image:
    """Return the person's face. It is drawn at one size and then scaled, so that selfie and document show the same one."""
    chance = random.Random(person.face)  # noqa: S311  # nothing secret is drawn
    skin, hair, eye = chance.choice(SKINS), chance.choice(HAIRS), chance.choice(EYES)
    wide, shirt = chance.randint(200, 240), chance.choice(("#3a4a6b", "#6b3a3a", "#3a6b50", "#444444"))
    image = Image.linear_gradient("L").resize((900, 1200)).point(lambda grey: 150 + grey // 4).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 930, 750, 1500), fill=shirt)
    draw.rectangle((385, 800, 515, 990), fill=skin)
    draw.ellipse((450 - wide - 30, 270, 450 + wide + 30, 880), fill=hair)
    draw.ellipse((450 - wide, 330, 450 + wide, 900), fill=skin)
    draw.chord((450 - wide, 300, 450 + wide, 700), 200, 340, fill=hair)
    for side in (-1, 1):
        middle = 450 + side * wide // 2
        draw.ellipse((middle - 45, 560, middle + 45, 610), fill="white")
        draw.ellipse((middle - 24, 561, middle + 24, 609), fill=eye)
        draw.ellipse((middle - 10, 575, middle + 10, 595), fill="black")
        draw.arc((middle - 60, 510, middle + 60, 590), 200, 340, fill=hair, width=12)
    draw.line((450, 600, 430, 700, 465, 705), fill=PALE_INK, width=5, joint="curve")
    draw.chord((375, 745, 525, 815), 0, 180, fill="#a8504a")
    return image.filter(ImageFilter.GaussianBlur(2)).resize(size, Image.Resampling.LANCZOS)


def _photographed(image: Image.Image, person: Person) -> bytes:
    """Return the image as a camera gives it: a little noise, JPEG."""
    noise = Image.effect_noise(image.size, 10).convert("RGB")
    # effect_noise lies around 128: a quarter of it is added, and a quarter of 128 taken away.
    noisy = ImageChops.add(image, noise, scale=1, offset=-128)
    buffer = io.BytesIO()
    noisy.save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()
