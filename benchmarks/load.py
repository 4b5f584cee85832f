"""A load generator: one process that keeps a few connections busy with the same requests, and counts the answers.

    python -m benchmarks.load     reads a Plan as JSON from stdin and writes a Result to stdout

Each connection is kept alive and sends its next request when the answer has come (a closed loop). It is the same for both
sides of every comparison and costs a fraction of what a Django view does; it parses no more of HTTP than the status and the length.
"""

import json
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import cycle
from statistics import quantiles
from urllib.parse import urlsplit

from kyc_platform.embedded.places import ROOT

CONNECTIONS = 8
SECONDS = 2.0
RECEIVE_BYTES = 65536


@dataclass(frozen=True)
class Plan:
    """What to ask one server for, by turns, how long and on how many connections. Every answer must have the status `expected`."""

    urls: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS
    connections: int = CONNECTIONS
    expected: int = 200


@dataclass(frozen=True)
class Result:
    """What came back: how many answers, how many a second, and how long one took, as the client saw it."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


class UnexpectedAnswer(RuntimeError):
    """The server answered something else: what was measured would mean nothing."""


class _Connection:
    """One connection with one request under way."""

    def __init__(self, address: tuple[str, int], requests: Iterator[bytes], expected: int) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests, self.expected = requests, f"HTTP/1.1 {expected} ".encode()
        self.received = b""
        self.sent_at = 0.0

    def send(self, now: float) -> None:
        self.received, self.sent_at = b"", now
        self.socket.sendall(next(self.requests))

    def is_answered(self) -> bool:
        """Receive what has come and tell whether the answer is whole. Raises UnexpectedAnswer."""
        piece = self.socket.recv(RECEIVE_BYTES)
        if not piece:
            raise UnexpectedAnswer("the server closed a connection")
        self.received += piece
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return False
        if not head.startswith(self.expected):
            raise UnexpectedAnswer(self.received[:500].decode(errors="replace"))
        name = head.lower().find(b"\r\ncontent-length:")
        if name < 0:
            raise UnexpectedAnswer("an answer without Content-Length")
        return len(body) >= int(head[name + 17 :].partition(b"\r\n")[0])


def put_load(plan: Plan) -> Result:
    """Carry the plan out in this process."""
    parts = urlsplit(plan.urls[0])
    headers = "".join(f"{name}: {value}\r\n" for name, value in plan.headers.items())
    paths = [url.partition(parts.netloc)[2] for url in plan.urls]
    requests = cycle([f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n{headers}\r\n".encode() for path in paths])
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        connections = [_Connection((parts.hostname or "", parts.port or 80), requests, plan.expected) for _ in range(plan.connections)]
        for connection in connections:
            stack.enter_context(connection.socket)
        began = time.perf_counter()
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            connection.send(began)
        now = began
        while now < began + plan.seconds:
            for key, _ in selector.select(timeout=10):
                connection = key.data
                if connection.is_answered():
                    now = time.perf_counter()
                    latencies.append(now - connection.sent_at)
                    connection.send(now)
    hundredths = quantiles(latencies, n=100)
    return Result(len(latencies), len(latencies) / (now - began), hundredths[49] * 1000, hundredths[98] * 1000)


def load(plan: Plan) -> Result:
    """Carry the plan out in a process of its own, so that the caller's work does not slow it. Raises UnexpectedAnswer."""
    command = [sys.executable, "-m", "benchmarks.load"]
    outcome = subprocess.run(command, cwd=ROOT, input=json.dumps(asdict(plan)), capture_output=True, text=True, check=False)
    if outcome.returncode:
        raise UnexpectedAnswer(outcome.stderr)
    return Result(**json.loads(outcome.stdout))


if __name__ == "__main__":
    json.dump(asdict(put_load(Plan(**json.load(sys.stdin)))), sys.stdout)
