"""Every request starts and ends in `public`, whatever happens in between."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import cast

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from kyc_platform.schema import leave_every_schema
from tenants.routing.context import ENTERED, MerchantContext
from tenants.routing.entry import enter_merchant


class PublicSchemaMiddleware:
    """Leaves the merchant that authentication entered (`enter_for_request`) once the response is made, also after an exception.

    django-tenants keeps the last schema on the connection, so the start does not trust the end of the request before it. Opens no
    connection, so that a health check answers while the database is away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request. A streamed response enters the merchant again for each piece, and leaves it between two."""
        reset()
        try:
            with ExitStack() as stack:
                request.merchant_stack = stack  # type: ignore[attr-defined]
                response = self.get_response(request)
                entered = ENTERED.get()
                if entered is not None and isinstance(response, StreamingHttpResponse):
                    # Synchronous, as every response here: the platform is served by WSGI alone.
                    response.streaming_content = pieces_within(entered.context, cast(Iterator[bytes], response.streaming_content))
                return response
        finally:
            reset()


def reset() -> None:
    """Put this thread outside every merchant."""
    ENTERED.set(None)
    leave_every_schema()


def pieces_within(context: MerchantContext, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Give the pieces of a response that is made while it is sent, each made inside the merchant.

    Between two pieces the thread is in `public`: a client that goes away leaves nothing behind on the connection.
    """
    while True:
        with enter_merchant(context):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece
