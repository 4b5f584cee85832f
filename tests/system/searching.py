"""Looking for words and pictures in everything that the platform has written, in every form in which they could stand there.

What has seven bytes or more is looked for byte by byte, everywhere, in each encoding. What is shorter stands by chance in any heap of
random bytes, so it is looked for as a word of its own; in what is encoded, after it was decoded; and not in ciphertext, which is random
for certain: an object of the store counts as such when the platform itself opens it, and from behind its header on. What random bytes
are left (sealed fields in the dump, digests) hold one of a demonstration's short names by chance once in ten thousand searches.
"""

import base64
import hashlib
import json
import re
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kyc_platform.crypto.sealing import PREFIX_BYTES
from kyc_platform.embedded.postgres import Postgres
from kyc_platform.embedded.s3 import BUCKET
from tests.system.running import RunningPlatform
from tests.system.sealed_objects import ask_for_sealed_objects

OBJECTS = f"servers/s3/objects/{BUCKET}/"
WINDOW_BYTES = 64
WINDOWS = 8  # of each document, spread over it
CERTAIN_BYTES = 7  # so many do not stand in a hundred megabytes by chance
SHORTEST_BYTES = 4  # fewer do, even as words
HEX = re.compile(rb"[0-9a-f]{8,}|[0-9A-F]{8,}")
BASE64 = {b"+/": re.compile(rb"[A-Za-z0-9+/]{6,}"), b"-_": re.compile(rb"[A-Za-z0-9_-]{6,}")}


@dataclass(frozen=True)
class Needle:
    """Something that must not be found, and what it is."""

    what: str
    value: bytes

    @property
    def is_short(self) -> bool:
        """Whether chance alone writes it."""
        return len(self.value) < CERTAIN_BYTES


def needles_of_text(what: str, text: str) -> list[Needle]:
    """Return a text in the forms that programs give it. Raises ValueError for one that cannot be told from chance."""
    escaped = json.dumps(text)[1:-1]
    spellings = {text, text.upper(), text.lower(), escaped, quote(text), text.encode("utf-8").decode("latin-1")}
    values = {spelling.encode() for spelling in spellings}
    if min(map(len, values)) < SHORTEST_BYTES:
        raise ValueError(f"{what} is too short to be looked for")
    return [Needle(what, form) for value in values for form in ([value] if len(value) < CERTAIN_BYTES else _encoded(value))]


def needles_of_document(what: str, body: bytes) -> list[Needle]:
    """Return windows of a document. They leave out its beginning, which others of its kind share."""
    step = len(body) // (WINDOWS + 1)
    windows = [body[place : place + WINDOW_BYTES] for place in range(step, step * WINDOWS + 1, step)]
    return [Needle(what, form) for window in windows for form in _encoded(window)]


def find(needles: Iterable[Needle], haystack: Mapping[str, bytes], *, sealed: Collection[str] = ()) -> list[str]:
    """Return what was found where: `name in logs/web.log`. The value itself is not shown. `sealed` names the places that were opened."""
    needles = list(needles)
    long = [needle for needle in needles if not needle.is_short]
    words = [(needle, _as_word(needle.value)) for needle in needles if needle.is_short]
    found = set()
    for place, content in haystack.items():
        open_bytes = PREFIX_BYTES if place in sealed else len(content)
        told = _decoded(content[:open_bytes]) if words else b""
        here = [needle for needle in long if needle.value in content]
        here += [needle for needle, word in words if _begins(word, content) < open_bytes or word.search(told)]
        found |= {f"{needle.what} in {place}" for needle in here}
    return sorted(found)


def everything_written(platform: RunningPlatform) -> dict[str, bytes]:
    """Return all that is kept: a dump of the database, the objects, Redis, the logs, and the two other programs' stores."""
    haystack = {"pg_dump": _dump(platform)}
    haystack |= {f"redis {key!r}": value for key, value in _redis(platform).items()}
    folder = platform.folder
    places = (folder.logs, folder.servers / "s3", folder.servers / "redis")
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    files += [path for path in folder.path.glob("*.sqlite3*") if path.is_file()]
    haystack |= {str(path.relative_to(folder.path)): path.read_bytes() for path in files}
    haystack["names of files"] = "\n".join(str(path) for path in files).encode()
    return haystack


def sealed_places(platform: RunningPlatform, haystack: Mapping[str, bytes]) -> set[str]:
    """Return the places of a haystack whose bytes the platform opens as one of its objects."""
    sealed = {OBJECTS + key: digest for key, digest in ask_for_sealed_objects(platform).items()}
    return {place for place, digest in sealed.items() if place in haystack and hashlib.sha256(haystack[place]).hexdigest() == digest}


def _as_word(value: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<![A-Za-z0-9])" + re.escape(value) + rb"(?![A-Za-z0-9])")


def _begins(word: re.Pattern[bytes], content: bytes) -> int:
    """Return where the word stands first, or the end."""
    match = word.search(content)
    return match.start() if match else len(content)


def _decoded(content: bytes) -> bytes:
    """Return what stands in a content in hexadecimal, and in base64 as far as it is text there, a line each."""
    return b"\n".join([*_bytes_in_hexadecimal(content), *_texts_in_base64(content)])


def _bytes_in_hexadecimal(content: bytes) -> Iterator[bytes]:
    for run in HEX.findall(content):
        digits = run.decode()
        yield bytes.fromhex(digits[: len(digits) // 2 * 2])
        behind_one = bytes.fromhex(digits[1 : 1 + (len(digits) - 1) // 2 * 2])  # the digit in front may belong to something else
        if _is_text(behind_one):
            yield behind_one


def _texts_in_base64(content: bytes) -> Iterator[bytes]:
    for marks, runs in BASE64.items():
        for run in runs.findall(content):
            whole = len(run) - (len(run) % 4 == 1)  # one character alone stands for nothing
            decoded = base64.b64decode(run[:whole] + b"==", altchars=marks)
            if _is_text(decoded):
                yield decoded


def _is_text(value: bytes) -> bool:
    try:
        return all(character.isprintable() or character.isspace() for character in value.decode())
    except UnicodeDecodeError:
        return False


def _encoded(value: bytes) -> set[bytes]:
    forms = {value, value.hex().encode()}
    for shift in range(3):  # base64 of a text looks different by the place where the text begins; its neighbours' share is cut off
        begin, end = (0, 2, 3)[shift], (0, 3, 2)[(shift + len(value)) % 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(shift) + value)
            forms.add(encoded[begin : len(encoded) - end])
    return forms


def _dump(platform: RunningPlatform) -> bytes:
    binary = Postgres(platform.folder, platform.platform.state).install / "pginstall18" / "bin" / "pg_dump"
    return subprocess.run([binary, "--dbname", platform.database_url], capture_output=True, check=True).stdout


def _redis(platform: RunningPlatform) -> dict[bytes, bytes]:
    readers: dict[bytes, Any] = {
        b"string": lambda client, key: [client.get(key)],
        b"list": lambda client, key: client.lrange(key, 0, -1),
        b"hash": lambda client, key: [part for pair in client.hgetall(key).items() for part in pair],
        b"set": lambda client, key: client.smembers(key),
        b"zset": lambda client, key: client.zrange(key, 0, -1),
    }
    with platform.redis() as client:
        kinds = {key: client.type(key) for key in client.scan_iter(count=1000)}
        found = {key: readers[kind](client, key) for key, kind in kinds.items() if kind != b"none"}
    return {key: b"\n".join([key, *(value for value in values if value is not None)]) for key, values in found.items()}
