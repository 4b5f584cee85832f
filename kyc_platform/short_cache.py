"""A small memory of one process: bounded, and believed for a few seconds only."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ShortCache(Generic[K, V]):
    """Values with an end of life in seconds, at most `size` of them; the oldest goes when there is no room. Safe between threads."""

    def __init__(self, *, size: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._clock = clock
        self._entries: dict[K, tuple[float, V]] = {}

    def get(self, key: K) -> V | None:
        """Return the value, or None when there is none or its time is over."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= self._clock():
            return None
        return entry[1]

    def put(self, key: K, value: V, *, seconds: float) -> None:
        """Keep a value for `seconds` from now."""
        self._entries.pop(key, None)  # so that the order of the dict is the order of arrival
        while len(self._entries) >= self._size:
            self._entries.pop(next(iter(self._entries), key), None)
        self._entries[key] = (self._clock() + seconds, value)

    def drop(self, key: K) -> None:
        """Forget one value."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
