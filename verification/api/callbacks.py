"""Where providers call us."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from prometheus_client import Counter

from kyc_platform.errors import DomainError
from kyc_platform.requests.problems import as_domain_error, only, problem
from tenants.routing.entry import enter_for_request, working_context
from verification.callbacks.route_tokens import read_route_token
from verification.providers.interface import BadSignature
from verification.providers.registry import provider_for
from verification.sandbox.clock import now_of_merchant
from verification.workflow.receiving import receive_callback

CALLBACKS = Counter("kyc_provider_callbacks_total", "Callbacks by provider and how they were received", ["provider", "result"])


@only("POST")
def provider_callback(request: HttpRequest, provider: str, route: str) -> HttpResponse:
    """Verify a callback, store its events once, answer 200, and handle them afterwards.

    400 for a wrong signature (counted), 404 for a route that names no merchant. A repeated event is 200 and changes nothing.
    """
    try:
        schema, named = read_route_token(route)
        if named != provider:
            raise BadSignature
        context = working_context(schema)
        adapter = provider_for(provider, livemode=context.livemode)
        enter_for_request(request, context)
        headers = {name.lower(): value for name, value in request.headers.items()}
        stored = receive_callback(adapter, request.body, headers, at=now_of_merchant(), world_at=timezone.now())
    except (DomainError, RequestDataTooBig, OSError) as error:
        result = error.code if isinstance(error, DomainError) else "unreadable"
        CALLBACKS.labels(provider if result != "not_found" else "unknown", result).inc()
        return problem(as_domain_error(error), request)
    CALLBACKS.labels(provider, "stored" if stored else "repeated").inc()
    return JsonResponse({"received": True})
