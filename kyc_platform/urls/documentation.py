"""What the platform says of itself: the OpenAPI document, the page that shows it, and the catalogue of errors. All of it from this host."""

import hashlib
import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import condition
from drf_spectacular.generators import SchemaGenerator

from kyc_platform.errors import DomainError
from kyc_platform.requests.json import dump_json
from kyc_platform.requests.problems import only

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class DocumentedError:
    """One entry of the catalogue of errors."""

    code: str
    title: str
    http_status: int
    cause: str
    remedy: str


@cache
def openapi_document() -> bytes:
    """Return the OpenAPI document as JSON. It depends on the code alone, so it is made once a process."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    return dump_json(generator.get_schema(request=None, public=True))


@cache
def catalogue_of_errors() -> list[DocumentedError]:
    """Return every error that the merchant API may answer with, by its code: each class that has a code and a remedy of its own."""
    found: list[DocumentedError] = []
    waiting: list[type[DomainError]] = [DomainError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if {"code", "remedy"} <= vars(error).keys() and error is not DomainError:
            cause = (inspect.getdoc(error) or "").partition("\n\n")[0]
            found.append(DocumentedError(error.code, error.title, error.http_status, cause, error.remedy))
    return sorted(found, key=lambda entry: entry.code)


def _etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(openapi_document()).hexdigest()}"'


@only("GET", "HEAD")
@condition(etag_func=_etag)
def schema(request: HttpRequest) -> HttpResponse:
    """Answer with the OpenAPI document. 200, or 304."""
    return HttpResponse(openapi_document(), content_type="application/json")


@only("GET", "HEAD")
def docs(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document."""
    return _page(request, "api/docs.html", {})


@only("GET", "HEAD")
def errors(request: HttpRequest) -> HttpResponse:
    """Show the catalogue of errors, to which the `type` of every problem document leads."""
    return _page(request, "api/errors.html", {"errors": catalogue_of_errors()})


def _page(request: HttpRequest, template: str, shown: dict[str, Any]) -> HttpResponse:
    response = render(request, template, {"title": settings.SPECTACULAR_SETTINGS["TITLE"], **shown})
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response
