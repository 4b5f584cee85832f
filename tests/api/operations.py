"""The OpenAPI document as the tests read it: what the running platform serves."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
from django.urls import resolve

from kyc_platform.urls.documentation import openapi_document

METHODS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    return dict(orjson.loads(openapi_document()))


@dataclass(frozen=True)
class Operation:
    """One operation of the document."""

    method: str
    path: str
    described: dict[str, Any]

    @property
    def name(self) -> str:
        """The operationId."""
        return str(self.described["operationId"])

    @property
    def is_of_merchants(self) -> bool:
        """Whether a key is its proof."""
        return {"merchantApiKey": []} in self.described.get("security", [])

    @property
    def is_of_somebody(self) -> bool:
        """Whether it asks for any proof."""
        return self.described.get("security") != []

    @property
    def is_described_by_us(self) -> bool:
        """Whether its body is ours to describe: that of a callback is the provider's."""
        return self.path.startswith("/api/v1/")

    @property
    def scope(self) -> str:
        """The scope that the view behind it demands."""
        view: Any = resolve(self.filled(customer_id="c", document_id="d", verification_id="v", endpoint_id="e", event_id="v")).func
        return str(view.cls.required_scopes[self.method.upper()])

    def filled(self, **ids: str) -> str:
        """Return the path with its parameters."""
        return self.path.format(**ids)


def operations() -> list[Operation]:
    """Return every operation, those of `webhooks` not among them."""
    paths = document()["paths"]
    return [Operation(method, path, item[method]) for path, item in paths.items() for method in METHODS if method in item]


def merchant_operations() -> list[Operation]:
    """Return every operation that a key is the proof of."""
    return [operation for operation in operations() if operation.is_of_merchants]


def named(operation: Operation) -> str:
    """Return a parameter's name for pytest."""
    return operation.name


def contents(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the media type objects of an operation: where it stands, its media type, and what is said of it."""
    for media_type, content in described.get("requestBody", {}).get("content", {}).items():
        yield "request", media_type, content
    for status, response in described["responses"].items():
        for media_type, content in response.get("content", {}).items():
            yield status, media_type, content
