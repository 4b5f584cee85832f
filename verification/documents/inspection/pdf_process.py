"""The part of the PDF inspection that runs in a process of its own: PDF in, verdict and PDF out.

A PDF's tables and objects are compressed: a few kilobytes may inflate to gigabytes inside the parser before anything can be
asked. So the parser works where the kernel bounds its memory and time, and where its crash is only a refusal.
Run as `python -I pdf_process.py <pages_max>`; it imports nothing of ours, so that it starts in a tenth of a second.
"""

import io
import resource
import sys
from collections.abc import Iterator

import pikepdf

MEMORY_BYTES_MAX = 512 * 1024 * 1024  # of address space, of which Python and its libraries take the first 100 MB
CPU_SECONDS_MAX = 3
NESTING_MAX = 100

# ISO 32000-2, 12.6.4 (action types), 12.5.6 (annotations), 7.11.4 (embedded files), 12.7.3 (forms), 13 (multimedia).
ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent", "/Rendition", "/Movie"})
ACTIVE_ACTIONS = frozenset(
    {"/JavaScript", "/Launch", "/GoToE", "/GoToR", "/SubmitForm", "/ImportData", "/Rendition", "/Movie", "/Sound", "/RichMediaExecute"}
)
ACTIVE_SUBTYPES = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Screen", "/3D", "/Sound"})
# Who made it, when and with what; what an editor keeps for itself; small pictures of earlier states.
METADATA_KEYS = ("/Metadata", "/PieceInfo", "/LastModified", "/Thumb")

UNREADABLE, ENCRYPTED, ACTIVE, NO_PAGES, TOO_MANY_PAGES = "unreadable", "encrypted", "active", "no_pages", "too_many_pages"


def clean(body: bytes, pages_max: int) -> tuple[str, bytes]:
    """Return ("ok <pages>", the PDF without metadata, earlier revisions and unreachable objects), or (a reason, no bytes)."""
    try:
        with pikepdf.open(io.BytesIO(body), attempt_recovery=False, suppress_warnings=True) as pdf:
            if pdf.is_encrypted:
                return ENCRYPTED, b""
            pages = len(pdf.pages)
            if not pages:
                return NO_PAGES, b""
            if pages > pages_max:
                return TOO_MANY_PAGES, b""
            for found in pdf.objects:
                for container in _containers(found, 0):
                    if _is_active(container):
                        return ACTIVE, b""
                    _remove_metadata(container)
            if "/Info" in pdf.trailer:
                del pdf.trailer["/Info"]
            cleaned = io.BytesIO()
            pdf.save(cleaned, deterministic_id=True, fix_metadata_version=False)
            return f"ok {pages}", cleaned.getvalue()
    except pikepdf.PasswordError:
        return ENCRYPTED, b""
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, RecursionError, NotImplementedError):
        return UNREADABLE, b""


def _containers(found: pikepdf.Object, depth: int) -> Iterator[pikepdf.Object]:
    """Yield the dictionaries in one indirect object: itself, and those that stand directly in it."""
    if depth > NESTING_MAX:
        raise RecursionError
    if isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
        yield found
        children = [child for _, child in found.items()]
    elif isinstance(found, pikepdf.Array):
        children = list(found)
    else:
        return
    for child in children:
        if isinstance(child, pikepdf.Object) and not child.is_indirect:
            yield from _containers(child, depth + 1)


def _is_active(container: pikepdf.Object) -> bool:
    return (
        not ACTIVE_KEYS.isdisjoint(container.keys())
        or str(container.get("/S")) in ACTIVE_ACTIONS
        or str(container.get("/Subtype")) in ACTIVE_SUBTYPES
    )


def _remove_metadata(container: pikepdf.Object) -> None:
    for key in METADATA_KEYS:
        if key in container:
            del container[key]


def main() -> None:
    """Read the PDF from stdin and write a line with the verdict, then the cleaned PDF, to stdout."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    verdict, cleaned = clean(sys.stdin.buffer.read(), int(sys.argv[1]))
    sys.stdout.buffer.write(verdict.encode() + b"\n")
    sys.stdout.buffer.write(cleaned)


if __name__ == "__main__":
    main()
