"""A pooler of the kind that must be refused: it gives each transaction whatever server is free, as PgBouncer's transaction mode does.

It speaks as much of PostgreSQL's protocol as psycopg2 uses. Each client logs in to a server of its own; then the servers of all clients
are one pool of `size`, and the rest is closed.
"""

import os
import socket
import struct
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

SSL_REQUEST, GSS_REQUEST = 80877103, 80877104


class TransactionPooler:
    """Listens on a port of 127.0.0.1 until closed. `latest_first` is PgBouncer's default; otherwise the servers take turns."""

    def __init__(self, host: str, port: str, *, size: int, latest_first: bool) -> None:
        self.server_address = (host, int(port))
        self.size = size
        self.latest_first = latest_first
        self.idle: deque[socket.socket] = deque()
        self.servers: list[socket.socket] = []
        self.free = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self) -> None:
        self.listener.close()
        for server in self.servers:
            server.close()

    def connect(self) -> socket.socket:
        host, port = self.server_address
        if not host.startswith("/"):
            return socket.create_connection(self.server_address)
        server = socket.socket(socket.AF_UNIX)
        server.connect(os.fspath(Path(host) / f".s.PGSQL.{port}"))
        return server

    def serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client:
            self.log_in(client)
            held = None
            while True:
                message = read_message(client)
                if message[:1] == b"X":
                    return
                held = held or self.take()
                held.sendall(message)
                while True:
                    answer = read_message(held)
                    client.sendall(answer)
                    if answer[:1] == b"Z":
                        break
                if answer[5:6] == b"I":  # outside a transaction: the next one may run elsewhere
                    self.give_back(held)
                    held = None

    def log_in(self, client: socket.socket) -> None:
        while True:
            length = struct.unpack("!I", read_exactly(client, 4))[0]
            body = read_exactly(client, length - 4)
            if struct.unpack("!I", body[:4])[0] not in (SSL_REQUEST, GSS_REQUEST):
                break
            client.sendall(b"N")
        server = self.connect()
        server.sendall(struct.pack("!I", length) + body)
        while True:
            answer = read_message(server)
            client.sendall(answer)
            if answer[:1] == b"Z":
                break
            if answer[:1] == b"R" and struct.unpack("!I", answer[5:9])[0] in (3, 5, 10, 11):
                server.sendall(read_message(client))
        with self.free:
            if len(self.servers) < self.size:
                self.servers.append(server)
                self.idle.appendleft(server)
                self.free.notify()
            else:
                server.close()

    def take(self) -> socket.socket:
        with self.free:
            if not self.free.wait_for(lambda: self.idle, timeout=2):
                raise EOFError
            return self.idle.pop() if self.latest_first else self.idle.popleft()

    def give_back(self, server: socket.socket) -> None:
        with self.free:
            self.idle.append(server)
            self.free.notify()


def read_message(peer: socket.socket) -> bytes:
    head = read_exactly(peer, 5)
    return head + read_exactly(peer, struct.unpack("!I", head[1:])[0] - 4)


def read_exactly(peer: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = peer.recv(count - len(received))
        if not piece:
            raise EOFError
        received += piece
    return received
