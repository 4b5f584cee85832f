"""The merchant API's authentication: one key, one merchant, whose schema the rest of the request runs in."""

from dataclasses import dataclass

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from kyc_platform.actor import Actor
from kyc_platform.requests.client_ip import client_ip
from tenants.api_keys.cache import SCHEME, VerifiedKey, remembered_key, verify_key
from tenants.api_keys.errors import ApiKeyInvalid
from tenants.limits.failed_proofs import note_failed_proof, require_guesses_left
from tenants.routing.entry import enter_for_request


@dataclass(frozen=True, slots=True)
class KeyPrincipal:
    """What `request.user` is when a program calls: no person, and the actor of what it does."""

    actor: Actor
    is_authenticated: bool = True
    is_anonymous: bool = False
    is_active: bool = True


class MerchantKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key kyc_…`: sets `request.auth` to the VerifiedKey and enters its merchant until the request is answered."""

    def authenticate(self, request: Request) -> tuple[KeyPrincipal, VerifiedKey] | None:
        """Return who calls, or None when the header is of another scheme or missing: `HasScope` refuses that.

        Raises ApiKeyInvalid (401), IpNotAllowed, DomainMismatch, MerchantNotOpen, MerchantSuspended or MerchantClosed (403), and
        RateLimited (429) for a key that would have to be looked up, once too many from the caller's address were wrong.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if header.strip().partition(" ")[0].lower() != SCHEME:
            return None
        verified = self.verified(request, header)
        enter_for_request(request, verified.context)
        return KeyPrincipal(verified.actor), verified

    def verified(self, request: Request, header: str) -> VerifiedKey:
        """Return what the header's key proves, counting it when it proves nothing. A key that is remembered cost no look-up: no guess."""
        address, now = client_ip(request), timezone.now()
        remembered = remembered_key(header, address, now)
        if remembered is not None:
            return remembered
        require_guesses_left(request.META)
        try:
            return verify_key(header, address, now)
        except ApiKeyInvalid:
            note_failed_proof(request.META)
            raise

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "Api-Key"


class MerchantKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # drf-spectacular registers it on definition
    """How the OpenAPI document describes the header."""

    target_class = "tenants.api_keys.authentication.MerchantKeyAuthentication"
    name = "merchantApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """Return the security scheme: a header, because OpenAPI has no word for this scheme of Authorization."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key kyc_live_…` reaches the live data, `Api-Key kyc_test_…` the sandbox. Each endpoint names its scope.",
        }
