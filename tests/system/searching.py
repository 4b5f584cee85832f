"""Looking for words and pictures in everything that the platform has written, in every form in which they could stand there."""

import base64
import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from kyc_platform.embedded.postgres import Postgres
from tests.system.running import RunningPlatform

WINDOW_BYTES = 64
WINDOWS = 8  # of each document, spread over it
SHORTEST = 4
SHORT = 6  # what is shorter stands in any heap of random bytes somewhere, so it is looked for as a word of its own


@dataclass(frozen=True)
class Needle:
    """Something that must not be found, and what it is."""

    what: str
    value: bytes


def needles_of_text(what: str, text: str) -> list[Needle]:
    """Return a text in the forms that programs give it."""
    escaped = json.dumps(text)[1:-1]
    spellings = {text, text.upper(), text.lower(), escaped, quote(text), text.encode("utf-8").decode("latin-1")}
    return [needle for spelling in spellings for needle in _encoded(what, spelling.encode())]


def needles_of_document(what: str, body: bytes) -> list[Needle]:
    """Return windows of a document. They leave out its beginning, which others of its kind share."""
    step = len(body) // (WINDOWS + 1)
    windows = [body[place : place + WINDOW_BYTES] for place in range(step, step * WINDOWS + 1, step)]
    return [needle for window in windows for needle in _encoded(what, window)]


OBJECTS = "servers/s3/"
BY_CHANCE = 7


def find(needles: Iterable[Needle], haystack: Mapping[str, bytes]) -> list[str]:
    """Return what was found where: `name in logs/web.log`. The value itself is not shown."""
    found = set()
    for needle in needles:
        pattern = re.compile(rb"(?<![A-Za-z0-9])" + re.escape(needle.value) + rb"(?![A-Za-z0-9])") if len(needle.value) < SHORT else None
        for place, content in haystack.items():
            if OBJECTS in place and len(needle.value) < BY_CHANCE:
                continue  # a sealed object is random bytes, in megabytes of which so few are found by chance
            if pattern.search(content) if pattern else needle.value in content:
                found.add(f"{needle.what} in {place}")
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


def _encoded(what: str, value: bytes) -> list[Needle]:
    forms = {value, value.hex().encode()}
    for shift in range(3):  # base64 of a text looks different by the place where the text begins; its neighbours' share is cut off
        begin, end = (0, 2, 3)[shift], (0, 3, 2)[(shift + len(value)) % 3]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(bytes(shift) + value)
            forms.add(encoded[begin : len(encoded) - end])
    return [Needle(what, form) for form in forms if len(form) >= SHORTEST]


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
