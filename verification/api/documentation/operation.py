"""The one way in which an operation is described, so that none leaves out its scope, its errors or its examples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from kyc_platform.errors import DomainError, InvalidMember, InvalidRequest
from kyc_platform.requests.paging import LIMIT_DEFAULT, LIMIT_MAX
from verification.api.documentation.problems import OF_EVERY_BODY, OF_EVERY_KEY, OF_EVERY_REPETITION, Refusal, refusals

JSON = "application/json"

REQUEST_ID = OpenApiParameter(
    "Request-Id", str, OpenApiParameter.HEADER, response=True, required=True, description="names this request in our logs and in errors"
)
QUOTA_NUMBER = {"type": "integer", "minimum": 0}
QUOTA = (
    OpenApiParameter(
        "RateLimit-Limit",
        QUOTA_NUMBER,
        OpenApiParameter.HEADER,
        response=True,
        description="requests a minute, of that quota which has least left; these three are missing from a request that was not counted",
    ),
    OpenApiParameter(
        "RateLimit-Remaining", QUOTA_NUMBER, OpenApiParameter.HEADER, response=True, description="how many more fit into that quota now"
    ),
    OpenApiParameter(
        "RateLimit-Reset", QUOTA_NUMBER, OpenApiParameter.HEADER, response=True, description="seconds until that quota is whole again"
    ),
    OpenApiParameter(
        "Retry-After",
        {"type": "integer", "minimum": 1},
        OpenApiParameter.HEADER,
        response=[429, 503],
        description="seconds after which to try again",
    ),
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~][ -~]*$"},
    OpenApiParameter.HEADER,
    description="your own name for this request, a UUID say: sent again with the same request within 24 hours, it has no second effect",
)
REPLAYED = OpenApiParameter(
    "Idempotent-Replayed", bool, OpenApiParameter.HEADER, response=True, description="`true` when this is the answer to an earlier request"
)
CUSTOMER_ID = OpenApiParameter("customer_id", str, OpenApiParameter.PATH, description="the merchant's own id of the customer")
PAGING = (
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}, description="how many at most"
    ),
    OpenApiParameter("cursor", str, description="the `next_cursor` of the page before, as it came; leave it out for the first page"),
)


@dataclass(frozen=True)
class Answer:
    """What an operation answers when it succeeds: the shape, in words, and examples by name."""

    shape: Any
    description: str
    examples: Mapping[str, Any]
    media_type: str = JSON


def operation(
    operation_id: str,
    *,
    path: str,
    tag: str,
    summary: str,
    description: str = "",
    scope: str,
    answers: Mapping[int, Answer | Sequence[Answer]],
    body: Any = None,
    bodies: Mapping[str, Any] | None = None,
    refused: Iterable[type[DomainError] | Refusal] = (),
    invalid: Sequence[InvalidMember] = (),
    parameters: Sequence[OpenApiParameter] = (),
    is_unsafe: bool | None = None,
) -> dict[str, Any]:
    """Return the keyword arguments of `extend_schema` for an operation of the merchant API.

    One that has a body changes something, unless `is_unsafe` says otherwise, and takes an Idempotency-Key.
    `path` is that of the examples. `body` is the shape of the JSON body, or shapes by media type; `bodies` are its examples by name.
    `invalid` are members as an InvalidRequest (422) would name them. The errors of every key, of every body and of every change are added.
    """
    errors: list[type[DomainError] | Refusal] = [*OF_EVERY_KEY, *(OF_EVERY_BODY if body is not None else ()), *refused]
    if body is not None if is_unsafe is None else is_unsafe:
        errors += OF_EVERY_REPETITION
        parameters = (*parameters, IDEMPOTENCY_KEY, REPLAYED)
    if invalid:
        errors.append(Refusal(InvalidRequest, errors=invalid))
    return {
        "operation_id": operation_id,
        "summary": summary,
        "description": f"{description}\n\nNeeds a key with the scope `{scope}`.".strip(),
        "tags": [tag],
        "parameters": [*parameters, REQUEST_ID, *QUOTA],
        "request": body if isinstance(body, dict) or body is None else {JSON: body},
        "examples": [OpenApiExample(name, value=value, request_only=True) for name, value in (bodies or {}).items()],
        "responses": {**_answers(answers), **refusals(path, scope, errors)},
    }


def _answers(answers: Mapping[int, Answer | Sequence[Answer]]) -> dict[tuple[int, str], OpenApiResponse]:
    described = {}
    for status, given in answers.items():
        for answer in [given] if isinstance(given, Answer) else given:
            examples = [OpenApiExample(name, value=value, response_only=True) for name, value in answer.examples.items()]
            described[status, answer.media_type] = OpenApiResponse(answer.shape, answer.description, examples)
    return described
