"""What the merchant API's views share: who calls, and how a body and a query are read."""

from contextvars import Token
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, cast

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kyc_platform.actor import Actor
from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.json import OrjsonParser
from kyc_platform.requests.problems import UnknownPath
from tenants.api_keys.authentication import MerchantKeyAuthentication
from tenants.api_keys.cache import VerifiedKey
from tenants.api_keys.permissions import HasScope
from tenants.limits.counting import admit
from tenants.limits.quotas import buckets_of_key
from verification.api import idempotent
from verification.api.decoding import load_json
from verification.events.models import Event
from verification.idempotency.records import Attempt, enter, leave
from verification.sandbox.clock import ahead

METHODS = ["get", "post", "put", "patch", "delete", "head"]  # OPTIONS is not there: the OpenAPI document describes the API


class DocumentParser(OrjsonParser):
    """Reads a JSON body that brings a document: long base64 in it comes as Base64Text."""

    def load(self, body: bytearray) -> Any:
        """Return the value of a body that is not empty. Raises orjson.JSONDecodeError."""
        return load_json(body)


class MerchantView(APIView):
    """One path of the merchant API. `required_scopes` names the scope of each method; a method without one is closed."""

    authentication_classes = [MerchantKeyAuthentication]
    permission_classes = [HasScope]
    http_method_names = METHODS
    required_scopes: dict[str, str] = {}
    attempt: Attempt | None = None
    entered: Token[Attempt | None] | None = None

    def perform_authentication(self, request: Request) -> None:
        """Learn which key calls, and count the request. Raises RateLimited (429)."""
        super().perform_authentication(request)
        if isinstance(request.auth, VerifiedKey):  # a request without a key is refused by HasScope
            admit(request.META, buckets_of_key(request.auth.context, request.auth.prefix))

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the key in, refuse an id that no database takes, and claim the Idempotency-Key if there is one."""
        super().initial(request, *args, **kwargs)
        if "\x00" in "".join(kwargs.values()):
            raise UnknownPath
        if not hasattr(self, (request.method or "").lower()):
            return  # DRF answers 405; a key is for what can be done
        self.attempt = idempotent.claim_of(request, at=timezone.now())
        if self.attempt is None:
            return
        self.entered = enter(self.attempt)
        if (event := idempotent.event_of(self.attempt)) is not None:
            raise idempotent.TookEffectBefore(self.answer_again(request, event, **kwargs))

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return what the request would have been answered, had its process not died after the commit that `event` was part of."""
        raise TypeError(f"{type(self).__name__} changes something and does not say how it is answered again")

    def handle_exception(self, exc: Exception) -> Response:
        """Answer an exception; one that carries the answer is answered with that."""
        if isinstance(exc, idempotent.AnsweredBefore):
            return idempotent.replayed(exc.answer)  # type: ignore[return-value]  # DRF finalizes any HttpResponse
        if isinstance(exc, idempotent.TookEffectBefore):
            return exc.response
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Complete the answer, and keep it under the Idempotency-Key."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.entered is not None and self.attempt is not None:
            leave(self.entered)
            idempotent.keep(self.attempt, final, at=timezone.now())
        return final

    @property
    def key(self) -> VerifiedKey:
        """The key that calls."""
        return cast(VerifiedKey, self.request.auth)

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.key.actor

    @property
    def now(self) -> datetime:
        """The merchant's clock, read at the edge and passed on."""
        return timezone.now() + self._ahead

    @cached_property
    def _ahead(self) -> timedelta:
        return ahead()


def members_of(request: Request) -> dict[str, Any]:
    """Return the body as an object. Raises InvalidRequest when it is another JSON value."""
    data = request.data
    if not isinstance(data, dict):
        raise InvalidRequest(errors=[InvalidMember("", "wrong_type", "Send a JSON object.")])
    return data


def refuse_unknown(given: dict[str, Any], known: tuple[str, ...]) -> None:
    """Raise InvalidRequest naming each member or parameter that means nothing here, so that a mistyped one is not silently ignored."""
    errors = [InvalidMember(f"/{name}", "unknown_member", f"Known here: {', '.join(known)}.") for name in given if name not in known]
    if errors:
        raise InvalidRequest(errors=errors)


def query_of(request: Request, known: tuple[str, ...]) -> dict[str, str]:
    """Return the query's parameters, the last of each. Raises InvalidRequest for one that is not known."""
    parameters = {name: str(request.query_params[name]) for name in request.query_params}
    refuse_unknown(parameters, known)
    if "\x00" in "".join(parameters.values()):
        raise InvalidRequest(errors=[nul_in("/")])
    return parameters


def nul_in(pointer: str) -> InvalidMember:
    """Return what is wrong with a text that no database takes."""
    return InvalidMember(pointer, "invalid_character", "A NUL character is in no id and no parameter.")


def whole_number(value: object) -> int | None:
    """Return a JSON number that is whole, written as 5 or as 5.0 (JSON Schema 2020-12, 4.2.3), and None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def read_choice(members: dict[str, Any], name: str, choices: tuple[str, ...]) -> str:
    """Return a member that must be one of some words. Raises InvalidRequest naming them."""
    value = members.get(name)
    if value not in choices or not isinstance(value, str):
        code = "required" if value is None else "invalid_choice"
        raise InvalidRequest(errors=[InvalidMember(f"/{name}", code, f"Give one of {', '.join(choices)}.")])
    return value
