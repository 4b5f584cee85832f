"""The commands behind `make up`, `make demo` and `make down`.

python -m kyc_platform.embedded up|demo|down
"""

import argparse
import os
import sys

from kyc_platform.embedded.holding import AlreadyRunning
from kyc_platform.embedded.program import NotReady
from kyc_platform.embedded.up import Ended, demo, down, up

COMMANDS = {"up": up, "demo": demo, "down": down}


def main() -> int:
    """Run one command and return its exit status: 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m kyc_platform.embedded", description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    name = parser.parse_args().command
    os.umask(0o077)  # what is written from here on is its owner's alone, unless said otherwise
    try:
        return COMMANDS[name](os.environ)
    except Ended:
        return 0 if name == "up" else 130  # to end is what `up` was asked for; a demonstration was cut short
    except (NotReady, AlreadyRunning, PermissionError, TimeoutError, ValueError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
