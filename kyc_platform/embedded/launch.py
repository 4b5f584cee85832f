"""The last step before a supervised program: end what a killed predecessor left, then become what a private file says.

    python -m kyc_platform.embedded.launch FILE

The file holds the program's command and environment: secrets then stand neither on a command line nor in supervisor's configuration,
whose syntax could not express all of them.
"""

import json
import os
import sys
from pathlib import Path

from kyc_platform.embedded.leftovers import stop_orphans
from kyc_platform.embedded.places import PROGRAM, Folder, write_private
from kyc_platform.embedded.program import Program


def launching(program: Program, folder: Folder) -> tuple[str, ...]:
    """Write the program's file and return the command that becomes the program. One without variables needs no file."""
    if not program.environment:
        return program.command
    file = folder.path / "run" / f"{program.name}.json"
    file.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(file, json.dumps({"command": program.command, "environment": {**program.environment, PROGRAM: program.name}}))
    return (sys.executable, "-m", __name__, str(file))


if __name__ == "__main__":
    order = json.loads(Path(sys.argv[1]).read_text())
    stop_orphans(order["environment"][PROGRAM])
    os.execvpe(order["command"][0], order["command"], os.environ | order["environment"])  # noqa: S606  # composed by `launching`
