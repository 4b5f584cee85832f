"""Errors of the merchant API as problem documents (RFC 9457), for every way a request can fail."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import wraps
from typing import Any, cast

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from kyc_platform.errors import DomainError, InvalidMember
from kyc_platform.requests.json import BodyTooBig, dump_json
from kyc_platform.requests.request_id import request_id_of

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "/api/v1/docs/errors#"


class Unavailable(DomainError):
    """Something that the platform stands on cannot be reached just now; nothing was done, or it can be repeated."""

    code = "unavailable"
    title = "Temporarily unavailable"
    http_status = 503
    retry_after_seconds = 5
    remedy = "Try again after the seconds that `Retry-After` names."


class InternalError(DomainError):
    """A defect of ours. The request id finds it in the logs."""

    code = "internal_error"
    title = "An error on our side"
    http_status = 500
    remedy = "It was noted. Tell us the `request_id` if it stays."


class MethodNotAllowed(DomainError):
    """The path exists, with other methods."""

    code = "method_not_allowed"
    title = "This method is not allowed here"
    http_status = 405
    remedy = "Use one of the methods that the header `Allow` lists."


class UnsupportedMediaType(DomainError):
    """The body is of a kind that this endpoint does not read."""

    code = "unsupported_media_type"
    title = "This content type is not accepted here"
    http_status = 415
    remedy = "Send `application/json`, or `multipart/form-data` where a file is expected."


class MalformedRequest(DomainError):
    """The request cannot be read as what it says it is."""

    code = "malformed_request"
    title = "The request cannot be read"
    http_status = 400
    remedy = "Read `detail`: the framing of the request is wrong, not its members."


class UnknownPath(DomainError):
    """There is no such path."""

    code = "unknown_path"
    title = "There is nothing at this path"
    http_status = 404
    remedy = "Look the path up in the documentation; it has no slash at its end."


def as_domain_error(error: Exception) -> DomainError:
    """Return the named error that a caller is shown for any exception; what is not known is an InternalError and is logged."""
    match error:
        case DomainError():
            return error
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed(str(error.detail))
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaType("Send application/json, or multipart/form-data where a file is expected.")
        case RequestDataTooBig():
            return BodyTooBig()
        case UnreadablePostError():
            return MalformedRequest("The connection ended before the whole body had arrived.")
        case exceptions.ParseError() | TooManyFilesSent() | MultiPartParserError():
            return MalformedRequest("The multipart body cannot be read: send one part `doc_type` and one part `file`.")
        case Http404():
            return UnknownPath()
        case OperationalError() | InterfaceError():
            logger.warning("database unavailable", exc_info=error)
            return Unavailable("Try again in a few seconds, with the same Idempotency-Key.")
        case DatabaseError() | Exception():
            logger.error("unhandled", exc_info=error)
            return InternalError("It was noted. Tell us the request_id if it stays.")


def problem_document(error: DomainError, *, instance: str, request_id: str) -> dict[str, Any]:
    """Return the members of a problem document."""
    document: dict[str, Any] = {
        "type": TYPE_BASE + error.code,
        "title": error.title,
        "status": error.http_status,
        "detail": error.detail,
        "instance": instance,
        "code": error.code,
        "request_id": request_id,
    }
    if error.errors:
        document["errors"] = members(error.errors)
    return document


def members(errors: Sequence[InvalidMember]) -> list[dict[str, str]]:
    """Return the invalid members as plain values."""
    return [asdict(member) for member in errors]


def problem(error: DomainError, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells a caller of an error."""
    document = problem_document(error, instance=request.path, request_id=request_id_of(request))
    return HttpResponse(dump_json(document), status=error.http_status, content_type=MEDIA_TYPE, headers=error.headers)


def problem_response(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer for DRF (`EXCEPTION_HANDLER`)."""
    request = context["request"]
    return problem(as_domain_error(error), getattr(request, "_request", request))


def only(*methods: str) -> Callable[[View], View]:
    """Answer other methods than these with 405 and `Allow`, for views that are plain functions and know no session."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method in methods:
                return view(request, *args, **kwargs)
            detail = f'Method "{request.method}" not allowed.'
            return problem(MethodNotAllowed(detail, headers={"Allow": ", ".join(methods)}), request)

        return cast(View, csrf_exempt(answer))

    return decorate


def handle_404(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a path that does not exist (`handler404`)."""
    return problem(UnknownPath(), request)


def handle_500(request: HttpRequest) -> HttpResponse:
    """Answer after an exception that no view translated (`handler500`): 503 while the database is away, which is no defect."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return problem(as_domain_error(error), request)
    return problem(InternalError("It was noted. Tell us the request_id if it stays."), request)


def handle_400(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer what Django itself finds suspicious, such as an unknown Host (`handler400`)."""
    return problem(MalformedRequest("The Host header names no host of this platform, or the request is malformed."), request)
