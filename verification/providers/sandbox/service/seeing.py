"""What the provider sees in a file: findings, and nothing that is kept. The bytes live in memory for the length of one call."""

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

import pikepdf
import pillow_heif
from PIL import Image

from verification.providers.sandbox.service.scenarios import DOCUMENT_FAULTS

pillow_heif.register_heif_opener()

SIDE_PIXELS_MIN: Final = 100
PIXELS_MAX: Final = 60_000_000
LOOK_AT: Final = (64, 64)  # an image is judged empty at this size, so that the noise of a camera does not count
PAGES_MAX: Final = 20
CONTRAST_MIN: Final = 12  # of 255 grey levels, between the darkest and the brightest point


@dataclass(frozen=True)
class Sight:
    """What remains of a file: its SHA-256 in hex and the findings. No finding: there is something to see."""

    sha256: str
    findings: tuple[str, ...]


def look(body: bytes, kind: str) -> Sight:
    """Decode a file and say what is wrong with it. Never raises for bad input; takes tens of milliseconds, so run it in a thread."""
    fault = _fault_of_pdf(body) if body.startswith(b"%PDF-") else _fault_of_image(body)
    if fault == "no_document" and kind == "SELFIE":
        fault = "no_face"
    findings = () if fault is None else (DOCUMENT_FAULTS[fault].finding,)
    return Sight(hashlib.sha256(body).hexdigest(), findings)


def _fault_of_pdf(body: bytes) -> str | None:
    try:
        with pikepdf.open(io.BytesIO(body)) as pdf:
            has_content = any(pikepdf.parse_content_stream(page) for page in pdf.pages[:PAGES_MAX])
    except (pikepdf.PdfError, ValueError, RuntimeError):
        return "image_unreadable"
    return None if has_content else "no_document"


def _fault_of_image(body: bytes) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of sizes that are measured here
            with Image.open(io.BytesIO(body)) as image:
                if image.width * image.height > PIXELS_MAX:
                    return "image_unreadable"
                if min(image.size) < SIDE_PIXELS_MIN:
                    image.load()
                    return "image_too_small"
                image.draft("L", LOOK_AT)  # a JPEG decodes eight times faster at an eighth of its size
                small = image.convert("L").resize(LOOK_AT, Image.Resampling.BOX)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return "image_unreadable"
    darkest, brightest = small.getextrema()
    return "no_document" if float(brightest) - float(darkest) < CONTRAST_MIN else None  # type: ignore[arg-type]  # one band: two numbers
