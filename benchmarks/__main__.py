"""Measure, print the table, and on request write it into docs/PERFORMANCE.md.

python -m benchmarks [NAME …] [--rounds N] [--write]
"""

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from benchmarks.catalogue import BENCHMARKS
from benchmarks.harness import Row, table
from benchmarks.servers import Servers
from kyc_platform.embedded.places import ROOT

DOCUMENT = ROOT / "docs" / "PERFORMANCE.md"
PLACE_OF_TABLE = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end of table -->)", re.DOTALL)


def main() -> int:
    """Run the named benchmarks, or all, and return the exit status: 0 when all ran, 1 when one failed. A missed goal is no failure."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the servers are stopped
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    listing = "; ".join(f"{name}: {benchmark.shows}" for name, benchmark in BENCHMARKS.items())
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[[], *BENCHMARKS], help=listing)
    parser.add_argument("--rounds", type=int, help="rounds instead of each benchmark's own number")
    parser.add_argument("--write", action="store_true", help="put the table into docs/PERFORMANCE.md")
    asked = parser.parse_args()
    names = asked.names or list(BENCHMARKS)
    rows, failed = measure(names, asked.rounds)
    text = table(rows)
    print(text, flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    elif asked.write:
        DOCUMENT.write_text(PLACE_OF_TABLE.sub(lambda _: f"{_heading()}\n\n{text}", DOCUMENT.read_text()))
    return 1 if failed else 0


def measure(names: Sequence[str], rounds: int | None) -> tuple[list[Row], list[str]]:
    """Run each benchmark in a process of its own and return all rows, and the names of those that failed."""
    servers = Servers()
    rows: list[Row] = []
    failed: list[str] = []
    try:
        servers.start()
        for name in names:
            print(f"{name}: {BENCHMARKS[name].shows} …", file=sys.stderr, flush=True)
            file = servers.folder / f"{name}.json"
            command = [sys.executable, "-m", "benchmarks.one", name, str(rounds or BENCHMARKS[name].rounds), str(file)]
            with servers.own_share(name) as environment:
                outcome = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)
            if outcome.returncode:
                failed.append(name)
            else:
                found = [Row.from_json(members) for members in json.loads(file.read_text())]
                print(table(found), file=sys.stderr, flush=True)
                rows += found
    finally:
        servers.stop()
    return rows, failed


def _heading() -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine}; load average of the last quarter of an hour: {os.getloadavg()[2]:.1f}."


if __name__ == "__main__":
    sys.exit(main())
