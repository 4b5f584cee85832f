"""A document of 10 MB as base64 in JSON: the time to have its bytes, and the memory of the web process for the whole request."""

import base64
import json
import math
import secrets
from concurrent.futures import ProcessPoolExecutor
from io import BytesIO
from multiprocessing import get_context
from statistics import median
from tempfile import NamedTemporaryFile

import requests
from PIL import Image

from benchmarks.harness import Baseline, Goal, Row, at_most, compare, ms_each, report
from benchmarks.merchants import a_caller
from benchmarks.parsing import GIVEN_BACK_BYTES, give_back, peak_of_parsing
from benchmarks.processes import peak_bytes, serving
from verification.api.decoding import document_bytes, load_json

MEGAPIXELS = 12  # as telephones take them
SIZE_BYTES = 10 * 1000 * 1000
SIDE_RATIO = 4 / 3
QUALITIES = range(100, 40, -1)


def measure(rounds: int) -> list[Row]:
    """Compare the parsing with the standard library's, and the peak of the whole request with the document's size."""
    photo = a_photo()
    body = json.dumps({"doc_type": "ID_FRONT", "doc_body": base64.b64encode(photo).decode()}).encode()
    return [*parsing(body, rounds), parsing_peaks(body, len(photo), rounds), *whole(body, len(photo), rounds)]


def parsing(body: bytes, rounds: int) -> list[Row]:
    """Compare the milliseconds from the received body to the document's bytes."""

    def standard() -> float:
        return ms_each(lambda: base64.b64decode(json.loads(body)["doc_body"]))

    baseline = Baseline("json + base64", standard, at_most(0.3))
    what = "base64 submission of 10 MB: from the body to the bytes"
    return compare(what, lambda: ms_each(lambda: document_bytes(load_json(body)["doc_body"])), [baseline], unit="ms", rounds=rounds)


def parsing_peaks(body: bytes, size_bytes: int, rounds: int) -> Row:
    """Return how far memory rises above the received body until the document's bytes are there, beside the document's size."""
    with NamedTemporaryFile() as file, ProcessPoolExecutor(1, get_context("spawn"), give_back, max_tasks_per_child=1) as fresh_process:
        file.write(body)
        file.flush()
        peaks = [fresh_process.submit(peak_of_parsing, file.name).result() for _ in range(rounds)]
    return _beside_size("base64 submission of 10 MB: peak memory, above the received body", peaks, size_bytes, goal=at_most(2.7))


def whole(body: bytes, size_bytes: int, rounds: int) -> list[Row]:
    """Submit the document over HTTP again and again, and return the peak memory beside its size, and the time of one request."""
    peaks: list[int] = []
    times: list[float] = []
    with serving(environment={"MALLOC_MMAP_THRESHOLD_": str(GIVEN_BACK_BYTES)}) as web:
        caller = a_caller(web.url)
        url = f"{web.url}/api/v1/customers/{caller.register()}/documents"
        headers = {**caller.authorization, "Content-Type": "application/json"}

        def submit() -> None:
            requests.post(url, body, headers=headers, timeout=60).raise_for_status()

        submit()  # loads what later ones find loaded
        for _ in range(rounds):
            peaks.append(peak_bytes(web.worker, lambda: times.append(ms_each(submit))))
    row = _beside_size("base64 submission of 10 MB: peak memory of the web process, server and all", peaks, size_bytes)
    return [row, report("base64 submission of 10 MB: the whole request", times, unit="ms", note="checked, sealed and stored in S3")]


def _beside_size(what: str, peaks: list[int], size_bytes: int, *, goal: Goal | None = None) -> Row:
    ratios = [peak / size_bytes for peak in peaks]
    spread = (min(ratios), max(ratios))
    return Row(what, "MB", median(peaks) / 1e6, len(peaks), "the document", size_bytes / 1e6, median(ratios), spread, goal)


def a_photo() -> bytes:
    """Return a JPEG of noise and soft shapes, of the pixels of a telephone's, and at most 10 MB."""
    height = math.isqrt(int(MEGAPIXELS * 1_000_000 / SIDE_RATIO))
    width = int(height * SIDE_RATIO)
    noise = Image.frombytes("L", (width, height), secrets.token_bytes(width * height))
    soft = Image.frombytes("RGB", (16, 12), secrets.token_bytes(16 * 12 * 3)).resize((width, height))
    image = Image.blend(soft, Image.merge("RGB", (noise, noise, noise)), 0.3)
    for quality in QUALITIES:
        target = BytesIO()
        image.save(target, "JPEG", quality=quality)
        if target.tell() <= SIZE_BYTES:
            return target.getvalue()
    raise RuntimeError("no quality makes the picture small enough")
