"""A process to run: the one form that the servers, the platform's processes and the tests share."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Program:
    """What to start, where, as whom, and how to end it. `environment` comes on top of the caller's own.

    Its log is what it writes to stdout and stderr, or to stderr alone when it speaks to people on stdout (`is_stdout_for_people`).
    """

    name: str
    command: tuple[str, ...]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: str | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: int = 20
    is_stdout_for_people: bool = False


class NotReady(RuntimeError):
    """A program did not come to answer in time. The text says which and quotes the end of its log."""
