"""Driving is for sandboxes."""

from kyc_platform.errors import DomainError
from tenants.routing.context import current_merchant


class SandboxOnly(DomainError):
    """Live data cannot be driven."""

    code = "sandbox_only"
    title = "Only a sandbox can be driven"
    http_status = 403
    remedy = "Use a test key: a live key never reaches this."


def require_sandbox() -> None:
    """Raise SandboxOnly when the current merchant's data are live."""
    if current_merchant().livemode:
        raise SandboxOnly
