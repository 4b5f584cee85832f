"""What drf-spectacular does before and after it has read the views."""

from collections.abc import Callable
from typing import Any

from verification.api.documentation.naming import named
from verification.api.documentation.outgoing import HEADERS
from verification.api.documentation.platform import PLATFORM_PATHS
from verification.api.documentation.reconcile import PATH as RECONCILE
from verification.api.documentation.webhook_endpoints import PATH as ENDPOINTS

Endpoint = tuple[str, str, str, Callable[..., Any]]
CANONICAL = "/api/v1/"
CLOSED = ("Input", "Upload")  # what the names of shapes end with in which an unknown member is refused
NEVER_EMPTY = "WebhookEndpointChangeInput"
NEEDS_BODY = ((RECONCILE, "post"), (f"{ENDPOINTS}/{{endpoint_id}}", "put"))  # taken for optional where each member, or each shape, is


def canonical_paths(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return the endpoints under `/api/v1/`: the second seed's bare paths are the same views, and generated clients need them once."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(CANONICAL)]


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with what serializers cannot say: closed inputs, headers of webhooks, the paths beside the API, and names."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith(CLOSED):
            schema["additionalProperties"] = False
    schemas["MediaType"]["x-enum-varnames"] = [value.rpartition("/")[2].upper() for value in schemas["MediaType"]["enum"]]
    schemas[NEVER_EMPTY]["minProperties"] = 1
    for path, method in NEEDS_BODY:
        result["paths"][path][method]["requestBody"]["required"] = True
    for item in result["webhooks"].values():
        item["post"]["parameters"] = HEADERS
    result["paths"].update(PLATFORM_PATHS)
    return named(result)
