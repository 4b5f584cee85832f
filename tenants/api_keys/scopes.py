"""The catalogue of what an API key may be allowed to do. Frozen names: integrators store them."""

from collections.abc import Iterable
from enum import StrEnum

from kyc_platform.errors import InvalidMember, InvalidRequest


class Scope(StrEnum):
    """One permission of an API key."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    PII_READ = "pii:read"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    VERIFICATIONS_WRITE = "verifications:write"
    REVIEWS_WRITE = "reviews:write"
    REPORTS_READ = "reports:read"
    EVENTS_READ = "events:read"
    WEBHOOKS_MANAGE = "webhooks:manage"
    SANDBOX_DRIVE = "sandbox:drive"


ALL_SCOPES = tuple(scope.value for scope in Scope)


def known_scopes(names: Iterable[str]) -> list[str]:
    """Return the scopes in the catalogue's order, each once. Raises InvalidRequest (422) naming what is not one, or when there is none."""
    wanted = set(names)
    unknown = sorted(wanted - set(ALL_SCOPES))
    if unknown:
        remedy = f"{', '.join(unknown)}: the scopes are {', '.join(ALL_SCOPES)}"
        raise InvalidRequest(errors=[InvalidMember("/scopes", "unknown_scope", remedy)])
    if not wanted:
        raise InvalidRequest(errors=[InvalidMember("/scopes", "required", "name at least one scope; a key without any can do nothing")])
    return [name for name in ALL_SCOPES if name in wanted]
