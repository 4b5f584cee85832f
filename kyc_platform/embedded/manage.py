"""Django's manage.py against the platform of this checkout: what `make manage ARGS="migrations_behind"` runs.

python -m kyc_platform.embedded.manage COMMAND [ARGUMENT …]

A process that belongs to another folder's platform, as everything that a test starts does, reaches that one.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.places import MARK, PLATFORM, ROOT, Folder
from kyc_platform.embedded.state import load_state


def settings_of(folder: Folder, given: Mapping[str, str]) -> dict[str, str]:
    """Return the environment that the folder's platform runs with. Raises FileNotFoundError when none was ever started there."""
    if not folder.state_file.exists():
        raise FileNotFoundError("there is no platform in this checkout yet: `make up` makes one")
    return base_environment(folder, given) | platform_environment(folder, load_state(folder), given)


if __name__ == "__main__":
    try:
        environment = settings_of(Folder(Path(os.environ[MARK])) if MARK in os.environ else PLATFORM, os.environ)
    except FileNotFoundError as error:
        sys.exit(str(error))
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "manage.py", *sys.argv[1:]], environment)  # noqa: S606  # our own file, no shell wanted
