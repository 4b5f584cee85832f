"""The permission of every merchant endpoint: the scope that the view declares for the method."""

from collections.abc import Mapping

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from tenants.api_keys.cache import VerifiedKey
from tenants.api_keys.errors import ApiKeyMissing, ScopeNotDeclared


class HasScope(BasePermission):
    """Lets a key in that has the scope of `view.required_scopes[method]`; HEAD is GET. A method without one is closed, not open."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True. Raises ApiKeyMissing (401), MissingScope or ScopeNotDeclared (403)."""
        if not isinstance(request.auth, VerifiedKey):
            raise ApiKeyMissing
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in view.allowed_methods:
            return True  # the view itself answers 405
        required: Mapping[str, str] = getattr(view, "required_scopes", {})
        if method not in required:
            raise ScopeNotDeclared
        request.auth.require_scope(required[method])
        return True
