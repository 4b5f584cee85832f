"""The one family of errors that a caller may see.

Each room defines its own subclasses beside the code that raises them. An interface translates them: the merchant API into
a problem document (RFC 9457), the end-user API into the first seed's envelope, a command into one line on stderr.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class InvalidMember:
    """One thing that is wrong with one member of a request: a JSON Pointer (RFC 6901), a frozen code, and the remedy in words."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """Something the caller did or met that has a name. `code` is frozen; `detail` says what would be right, and holds no personal data.

    `remedy` is the detail where none is given, and what the documentation advises; an error without one is none that the API answers with.
    With `retry_after_seconds` the answer has a Retry-After.
    """

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "The request could not be carried out"
    http_status: ClassVar[int] = 400
    remedy: ClassVar[str] = ""
    retry_after_seconds: ClassVar[int | None] = None

    def __init__(self, detail: str = "", *, errors: Sequence[InvalidMember] = (), headers: Mapping[str, str] | None = None) -> None:
        self.detail = detail or self.remedy or self.title
        super().__init__(self.detail)
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        if self.retry_after_seconds is not None:
            self.headers.setdefault("Retry-After", str(self.retry_after_seconds))


class InvalidRequest(DomainError):
    """Members of the request are missing or wrong; `errors` names each."""

    code = "invalid_request"
    title = "The request has invalid members"
    http_status = 422
    remedy = "Change each member that `errors` points at as its `detail` says; nothing was stored."


class NotFound(DomainError):
    """There is no such thing here. The same for an id that never was, of another merchant, and of the other mode."""

    code = "not_found"
    title = "Not found"
    http_status = 404
    remedy = "Check the id, and whether it belongs to this merchant and to this mode."


class Conflict(DomainError):
    """The request is right in itself, but not now."""

    code = "conflict"
    title = "Not possible in the present state"
    http_status = 409
