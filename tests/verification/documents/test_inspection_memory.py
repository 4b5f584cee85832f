"""What an inspection costs: less than the upload itself and one cleaned copy, whatever the upload is."""

import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.verification.documents.drawing import encoded, exif_with_location, png

# The child has imported everything and inspected a small picture before it counts, so that only the document is counted.
CHILD = """
import re, sys, time
from pathlib import Path
from verification.documents.inspection import Limits, UploadRefused, inspect_upload
from verification.levels.doc_types import DocType

def peak():  # getrusage would count the parent's memory, which the child had before it became a program of its own
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024

limits = Limits(bytes_max=10 * 1024 * 1024, pixels_max=40_000_000)
inspect_upload(Path(sys.argv[1]).read_bytes(), DocType.SELFIE, limits=limits)
before, started = peak(), time.process_time()
body = Path(sys.argv[2]).read_bytes()
try:
    print(inspect_upload(body, DocType.SELFIE, limits=limits).size_bytes)
except UploadRefused as refused:
    print(refused.code)
print(peak() - before)
print(time.process_time() - started)
"""
SMALL = Image.effect_noise((300, 300), 60).convert("RGB")


def inspected(tmp_path: Path, kind: str, body: bytes) -> tuple[str, int, float]:
    """Return the answer, the growth of the process's peak memory in bytes (the body included), and the processor seconds it took."""
    (tmp_path / "small").write_bytes(encoded(SMALL, kind, exif=exif_with_location()))
    (tmp_path / "body").write_bytes(body)
    command = [sys.executable, "-c", CHILD, str(tmp_path / "small"), str(tmp_path / "body")]
    answer, grown, seconds = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    return answer, int(grown), float(seconds)


def near_ten_megabytes(kind: str) -> bytes:
    """Return noise from the camera, with metadata that must be taken out, just under the limit."""
    width, height, options = {
        "JPEG": (3900, 2900, {"quality": 88}),
        "PNG": (3000, 2300, {"compress_level": 1}),
        "WEBP": (3500, 2700, {"lossless": True, "method": 0, "quality": 0}),
    }[kind]
    return encoded(Image.effect_noise((width, height), 120).convert("RGB"), kind, exif=exif_with_location(), **options)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_ten_megabytes_cost_their_own_size_and_one_cleaned_copy(tmp_path: Path, kind: str) -> None:
    body = near_ten_megabytes(kind)
    answer, grown, seconds = inspected(tmp_path, kind, body)
    assert 8_000_000 < int(answer) < len(body) <= 10 * 1024 * 1024
    assert grown < 2.3 * len(body)
    assert seconds < 1


def test_a_bomb_of_forty_megapixels_costs_a_megabyte_or_two_and_less_than_a_second(tmp_path: Path) -> None:
    bomb = png(8000, 5000, zlib.compress(bytes(8 * 8000 * 5000 + 5000), 1), depth=16, colour=6)
    answer, grown, seconds = inspected(tmp_path, "PNG", bomb)
    assert answer == str(len(bomb))
    assert grown < 12_000_000
    assert seconds < 1


@pytest.mark.parametrize(
    ("kind", "size", "options"),
    [("JPEG", (2200, 1700), {"progressive": True, "subsampling": 0}), ("WEBP", (1300, 1150), {"quality": 30}), ("HEIC", (1900, 1900), {})],
)
def test_what_has_to_be_decoded_as_a_whole_stays_within_the_same_bound(
    tmp_path: Path, kind: str, size: tuple[int, int], options: dict[str, object]
) -> None:
    body = encoded(SMALL.resize(size), kind, **options)
    answer, grown, seconds = inspected(tmp_path, kind, body)
    assert answer == str(len(body))
    assert grown < 27_000_000
    assert seconds < 1
