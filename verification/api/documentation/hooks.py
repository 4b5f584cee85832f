"""What drf-spectacular does before and after it has read the views."""

from collections.abc import Callable
from typing import Any

from verification.api.documentation.naming import named
from verification.api.documentation.outgoing import HEADERS
from verification.api.documentation.platform import PLATFORM_PATHS
from verification.api.documentation.reconcile import PATH as RECONCILE_PATH

Endpoint = tuple[str, str, str, Callable[..., Any]]
CANONICAL = "/api/v1/"


def canonical_paths(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return the endpoints under `/api/v1/`: the second seed's bare paths are the same views, and generated clients need them once."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith(CANONICAL)]


def finish(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with what serializers cannot say: closed inputs, headers of webhooks, the paths beside the API, and names."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Input"):
            schema["additionalProperties"] = False
    schemas["MediaType"]["x-enum-varnames"] = [value.rpartition("/")[2].upper() for value in schemas["MediaType"]["enum"]]
    for item in result["webhooks"].values():
        item["post"]["parameters"] = HEADERS
    result["paths"][RECONCILE_PATH]["post"]["requestBody"]["required"] = True  # drf-spectacular takes a choice of shapes for optional
    result["paths"].update(PLATFORM_PATHS)
    return named(result)
