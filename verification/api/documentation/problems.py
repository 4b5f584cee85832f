"""How the OpenAPI document describes what can go wrong: a problem document (RFC 9457) for each error an operation can meet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from kyc_platform.errors import DomainError, InvalidMember
from kyc_platform.requests.json import BodyTooBig, NotJson
from kyc_platform.requests.problems import MEDIA_TYPE, MalformedRequest, Unavailable, UnsupportedMediaType, problem_document
from tenants.api_keys.errors import ApiKeyInvalid, ApiKeyMissing, IpNotAllowed, MissingScope
from tenants.limits.errors import RateLimited
from tenants.merchants.states import MerchantClosed, MerchantNotOpen, MerchantSuspended
from tenants.routing.entry import DomainMismatch
from verification.idempotency.records import AttemptReplaced, KeyInUse, KeyReused

EXAMPLE_REQUEST_ID = "req_mfzwizlgm5qwsylumuqgc3tpoq"
OF_EVERY_KEY = (
    ApiKeyMissing,
    ApiKeyInvalid,
    IpNotAllowed,
    DomainMismatch,
    MerchantNotOpen,
    MerchantSuspended,
    MerchantClosed,
    RateLimited,
    Unavailable,
)
OF_EVERY_REPETITION = (KeyInUse, AttemptReplaced, KeyReused)
OF_EVERY_BODY = (NotJson, MalformedRequest, BodyTooBig, UnsupportedMediaType)


class InvalidMemberSerializer(serializers.Serializer[Any]):
    """One thing that is wrong with one member or parameter of a request."""

    pointer = serializers.CharField(
        help_text="JSON Pointer (RFC 6901) to the member; `/name` for a query parameter; empty for the whole body"
    )
    code = serializers.CharField(help_text="what is wrong, as a frozen word")
    detail = serializers.CharField(help_text="what would be right; the value that was sent is never repeated")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457). Switch on `code`, which is frozen; show `detail` to a person; tell us `request_id`."""

    type = serializers.CharField(help_text="URI reference of this kind of error in the catalogue of errors")
    title = serializers.CharField(help_text="the kind of error in words, the same for every one of this `code`")
    status = serializers.IntegerField(min_value=400, max_value=599, help_text="the HTTP status again")
    detail = serializers.CharField(help_text="what happened here, and what would be right")
    instance = serializers.CharField(help_text="the path that was asked for")
    code = serializers.RegexField(r"^[a-z][a-z0-9_]*$", help_text="frozen; the catalogue of errors lists every one")
    request_id = serializers.CharField(help_text="the same as the header Request-Id")
    errors = InvalidMemberSerializer(many=True, required=False, help_text="every member that is wrong, when members are")  # type: ignore[assignment]  # the API's name


@dataclass(frozen=True)
class Refusal:
    """An error that an operation can answer with, and how it shows there when its class alone does not tell."""

    error: type[DomainError]
    detail: str = ""
    errors: Sequence[InvalidMember] = ()


def refusals(path: str, scope: str | None, refused: Iterable[type[DomainError] | Refusal]) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the error responses of an operation by status, each with one example for every code it can have."""
    examples: dict[int, list[OpenApiExample]] = defaultdict(list)
    titles: dict[int, list[str]] = defaultdict(list)
    if scope:
        refused = [*refused, Refusal(MissingScope, f"this needs a key with the scope {scope}")]
    for entry in refused:
        refusal = entry if isinstance(entry, Refusal) else Refusal(entry)
        status, value = refusal.error.http_status, _document(refusal, path)
        examples[status].append(OpenApiExample(value["code"], summary=value["title"], value=value, response_only=True))
        titles[status].append(f"- `{value['code']}`: {value['title']}.")
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemSerializer, "\n".join(titles[status]), examples[status]) for status in sorted(examples)
    }


def _document(refusal: Refusal, path: str) -> dict[str, Any]:
    """Return the problem document without making the error: some need arguments that only the code that raises them has."""
    shown = DomainError(refusal.detail or refusal.error.remedy or refusal.error.title, errors=refusal.errors)
    document = problem_document(shown, instance=path, request_id=EXAMPLE_REQUEST_ID)
    kind = refusal.error
    return {
        **document,
        "type": document["type"].removesuffix(shown.code) + kind.code,
        "title": kind.title,
        "status": kind.http_status,
        "code": kind.code,
    }
