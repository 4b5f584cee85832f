"""Why a key is refused. What is wrong with a key itself is never told apart, so that guesses learn nothing."""

from kyc_platform.errors import DomainError

CHALLENGE = {"WWW-Authenticate": "Api-Key"}


class ApiKeyMissing(DomainError):
    """The request shows no API key."""

    code = "api_key_missing"
    title = "Send your key as the header Authorization: Api-Key <key>"
    http_status = 401
    remedy = "Send the header `Authorization: Api-Key <key>` with every request."

    def __init__(self) -> None:
        super().__init__(headers=CHALLENGE)


class ApiKeyInvalid(DomainError):
    """The key is unknown, mistyped, expired or revoked; it never says which."""

    code = "api_key_invalid"
    title = "This API key is not valid"
    http_status = 401
    remedy = "Look for a typing error, and whether the key has expired or was revoked; then use another one."

    def __init__(self) -> None:
        super().__init__(headers=CHALLENGE)


class IpNotAllowed(DomainError):
    """The key is right, but its networks do not include the caller's address."""

    code = "ip_not_allowed"
    title = "This key may not be used from your address"
    http_status = 403
    remedy = "Call from one of the networks that the key is bound to, or have its list changed."


class MissingScope(DomainError):
    """The key is right, but not for this."""

    code = "missing_scope"
    title = "The key lacks a scope"
    http_status = 403
    remedy = "Use a key that has the scope which `detail` names."

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs a key with the scope {scope}")
        self.scope = scope


class ScopeNotDeclared(DomainError):
    """The endpoint does not say which scope it needs, so that nobody may use it."""

    code = "scope_not_declared"
    title = "This endpoint is closed"
    http_status = 403
    remedy = "Tell us: no endpoint should be closed to everybody."
