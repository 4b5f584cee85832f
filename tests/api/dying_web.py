"""A web process that dies when a request says so: `python -m tests.api.dying_web PORT`.

Each request is answered by a process of its own, a fork of one that has loaded the real application and holds no connection; so that it
can be killed with SIGKILL in the middle, and the next request finds a web process all the same. The request's header `X-Die` says where:

- `before_commit`: the effect and its note are written, the transaction is not committed;
- `before_keeping`: it is committed, the answer is not kept;
- `before_sending`: the answer is kept, and nothing of it is sent.

Nothing of the application is replaced: the process looks at the statements that it sends to the database, and at its answer.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from socketserver import ForkingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import resolve
from django.utils.module_loading import import_string

BEFORE_COMMIT, BEFORE_KEEPING, BEFORE_SENDING = DEATHS = ("before_commit", "before_keeping", "before_sending")
NOTE, KEEP = 'UPDATE "verification_idempotentrequest" SET "effect"', 'UPDATE "verification_idempotentrequest" SET "answered_at"'


def die() -> None:
    """End this process as the kernel ends one that has no memory left."""
    os.kill(os.getpid(), signal.SIGKILL)


class Watch:
    """Kills its process at a point of its work with the database."""

    def __init__(self, death: str) -> None:
        self.death, self.is_noted, self.commit = death, False, connection.commit
        connection.commit = self.die_or_commit  # type: ignore[method-assign]

    def die_or_commit(self) -> None:
        """Commit, unless what is to be committed is the effect."""
        if self.death == BEFORE_COMMIT and self.is_noted:
            die()
        self.commit()

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Let a statement through, unless it is the one."""
        if self.death == BEFORE_KEEPING and sql.startswith(KEEP):
            die()
        self.is_noted |= sql.startswith(NOTE)
        return execute(sql, params, many, context)


class DyingApplication:
    """The real application, in a process that may die."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer, or die."""
        death = environ.get("HTTP_X_DIE", "")
        with connection.execute_wrapper(Watch(death)):
            answer = list(self.application(environ, start_response))
        if death == BEFORE_SENDING:
            die()
        return answer


class Server(ForkingMixIn, WSGIServer):
    """Forks for each request."""

    request_queue_size = 64


class Silent(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


if __name__ == "__main__":
    get_wsgi_application()
    application = DyingApplication(import_string("kyc_platform.wsgi.application"))
    resolve("/api/v1/customers")  # loads every view, once and not in each fork
    connection.close()  # a fork would share it
    make_server("127.0.0.1", int(sys.argv[1]), application, Server, Silent).serve_forever()
