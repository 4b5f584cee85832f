"""A real mail server on loopback, in a thread of its own: what RFC 5321 asks of every receiver, and it remembers what came."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default


@dataclass
class MailServer:
    """What came: each message with the one it was for. While `is_refusing`, nothing is taken."""

    port: int = 0
    is_refusing: bool = False
    taken: list[tuple[str, Message]] = field(default_factory=list)

    @property
    def addresses(self) -> list[str]:
        return sorted(address for address, _ in self.taken)

    @property
    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for _, message in self.taken]


@contextmanager
def taking_mail() -> Iterator[MailServer]:
    """Serve until the block ends."""
    mail = MailServer()

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            recipients: list[str] = []
            self.say("220 mail.test")
            while line := self.rfile.readline():
                verb = line[:4].upper().decode("ascii")
                if verb == "MAIL" and mail.is_refusing:
                    self.say("451 later")
                elif verb == "RCPT":
                    recipients.append(line.decode().partition("<")[2].partition(">")[0])
                    self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(line.removeprefix(b"."))
                    message = message_from_bytes(b"".join(lines), policy=default)
                    mail.taken.extend((recipient, message) for recipient in recipients)
                    recipients.clear()
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        mail.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield mail
        finally:
            server.shutdown()
            thread.join()
