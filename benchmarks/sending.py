"""The platform's sender, on a machine whose names do not lead any more where they led: `python -m benchmarks.sending`, with its options.

TURNED was a public host's name when its endpoint was registered; asked again, it gives an address of the inside.
"""

import socket
import sys
from typing import Any

from celery.__main__ import main

TURNED = "hooks.turned.example"
PRIVATE = "10.0.0.1"

_resolve = socket.getaddrinfo


def _turned(host: Any, *rest: Any, **options: Any) -> Any:
    return _resolve(PRIVATE if host == TURNED else host, *rest, **options)


if __name__ == "__main__":
    socket.getaddrinfo = _turned
    sys.argv[0] = "celery"
    main()
