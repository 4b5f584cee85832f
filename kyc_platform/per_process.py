"""Objects with open connections or threads: made when first asked for, one a process, and never inherited over a fork."""

import os
from collections.abc import Callable
from functools import cache, wraps
from typing import TypeVar

T = TypeVar("T")


def once_per_process(make: Callable[[], T]) -> Callable[[], T]:
    """Return a function that gives `make()` once in each process. Two threads that are first at once may see two; the last one stays."""

    @cache
    def made(pid: int) -> T:
        return make()

    @wraps(make)
    def get() -> T:
        return made(os.getpid())

    return get
