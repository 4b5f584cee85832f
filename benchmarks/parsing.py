"""The parsing of one document in a fresh process, for the measurement of its memory. Knows no Django, which takes long to set up."""

import ctypes
from pathlib import Path

import psutil

from benchmarks.processes import peak_bytes
from verification.api.decoding import document_bytes, load_json

M_MMAP_THRESHOLD = -3  # mallopt(3)
# Blocks from this size on are given back to the system at once: a peak does not hide in what an earlier document has left.
GIVEN_BACK_BYTES = 1024 * 1024


def give_back() -> None:
    """Do in this process what MALLOC_MMAP_THRESHOLD_ in the environment does from its start."""
    if ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, GIVEN_BACK_BYTES) != 1:
        raise RuntimeError("this is not the C library whose memory is measured")


def peak_of_parsing(file: str) -> int:
    """Return how many bytes memory rises, above the body that has been received, until the bytes of the document in it are there."""
    document_bytes(load_json(b'{"doc_body": "AAAA"}')["doc_body"])  # loads what is needed
    body = Path(file).read_bytes()
    return peak_bytes(psutil.Process(), lambda: document_bytes(load_json(body).pop("doc_body")))
