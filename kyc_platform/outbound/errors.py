"""What the door answers when it does not open, and when nobody is behind it."""

from enum import StrEnum

from kyc_platform.errors import DomainError


class OutboundRefused(DomainError):
    """This URL is none we would ever call; the detail says what would be right."""

    code = "url_not_allowed"
    title = "The URL is not allowed"
    http_status = 422
    remedy = "Give an https URL with a public host name."


class FailureKind(StrEnum):
    """Why a request got no answer."""

    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED_ADDRESS = "refused_address"
    CONNECTION = "connection"
    TLS = "tls"
    PROTOCOL = "protocol"


class OutboundFailed(DomainError):
    """A request got no answer. `kind` is for us, `detail` for the merchant: it holds nothing that the other side sent.

    `duration_seconds` is how long the request was under way, 0 when it never set out.
    """

    code = "outbound_failed"
    title = "The request got no answer"
    http_status = 502

    def __init__(self, kind: FailureKind, detail: str, *, duration_seconds: float = 0.0) -> None:
        super().__init__(detail)
        self.kind = kind
        self.duration_seconds = duration_seconds
