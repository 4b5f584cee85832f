"""PDF: read, judged and written anew by pikepdf (qpdf) in a bounded process; see `pdf_process.py`."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass, field

from verification.documents.inspection import pdf_process
from verification.documents.inspection.errors import (
    PdfActiveContent,
    PdfEncrypted,
    PdfHasNoPages,
    PdfTooManyPages,
    PdfUnreadable,
    UploadRefused,
)
from verification.documents.inspection.types import Limits

WALL_SECONDS_MAX = 10
VERDICT_BYTES_MAX = 100
REFUSALS: dict[str, type[UploadRefused]] = {
    pdf_process.UNREADABLE: PdfUnreadable,
    pdf_process.ENCRYPTED: PdfEncrypted,
    pdf_process.ACTIVE: PdfActiveContent,
    pdf_process.NO_PAGES: PdfHasNoPages,
    pdf_process.TOO_MANY_PAGES: PdfTooManyPages,
}


@dataclass(frozen=True)
class CleanPdf:
    """A PDF that can do nothing but be looked at."""

    body: bytes = field(repr=False)
    pages: int


def clean_pdf(body: bytes, limits: Limits) -> CleanPdf:
    """Return the PDF without its metadata, its earlier revisions and whatever no page needs.

    The same bytes give the same result. What takes more than the process is allowed, or breaks it, is refused as unreadable.

    Raises PdfUnreadable, PdfEncrypted, PdfActiveContent, PdfHasNoPages, PdfTooManyPages.
    """
    try:
        done = subprocess.run(  # noqa: S603  # our own module, and a number
            [sys.executable, "-I", pdf_process.__file__, str(limits.pages_max)],
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the parser's complaints quote the document
            env={"PATH": os.defpath},  # no secret of ours is within reach of a parser that was taken over
            timeout=WALL_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfUnreadable from None
    answer = io.BytesIO(done.stdout)
    verdict, _, pages = answer.readline(VERDICT_BYTES_MAX).decode("ascii", "replace").strip().partition(" ")
    if done.returncode == 0 and verdict == "ok":
        return CleanPdf(body=answer.read(), pages=int(pages))
    refusal = REFUSALS.get(verdict, PdfUnreadable)
    if refusal is PdfTooManyPages:
        raise PdfTooManyPages(f"The PDF has more than {limits.pages_max} pages. {PdfTooManyPages.remedy}")
    raise refusal
