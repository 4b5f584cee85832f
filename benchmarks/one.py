"""One benchmark in this process, whose environment has everything: its servers' addresses and a database of its own.

python -m benchmarks.one NAME ROUNDS FILE     writes the rows as JSON into FILE
"""

import json
import sys
from pathlib import Path

import django

from benchmarks.catalogue import BENCHMARKS


def main(name: str, rounds: int, file: Path) -> None:
    """Measure and write."""
    django.setup()
    rows = BENCHMARKS[name].load()(rounds)
    file.write_text(json.dumps([row.to_json() for row in rows]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
