"""What a merchant's keys have asked for: the request log of the merchant API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.paging import page_of, read_page
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, query_of
from verification.api.documentation import request_log as docs
from verification.api.moments import not_a_moment, read_moment
from verification.request_log.models import ApiRequest
from verification.request_log.records import RequestFilter, matching

STATUS_CLASSES = ("2xx", "3xx", "4xx", "5xx")


class RequestLog(MerchantView):
    """`/request-log`."""

    required_scopes = {"GET": "events:read"}

    @extend_schema(**docs.LIST_REQUESTS)
    def get(self, request: Request) -> Response:
        """List the requests of all keys of this mode, newest first. 200 with a page."""
        parameters = query_of(request, ("key", "status", "from", "to", "limit", "cursor"))
        wanted, page = _read_filter(parameters), read_page(parameters)
        return Response(page_of(matching(wanted), page, request_shape, moment="at"))


def request_shape(row: ApiRequest) -> dict[str, Any]:
    """Return one request as the merchant sees it."""
    return {
        "request_id": row.request_id,
        "at": row.at,
        "key": row.key,
        "method": row.method,
        "route": row.route,
        "status": row.status,
        "duration_ms": row.duration_ms,
        "idempotency_key": row.idempotency_key or None,
        "livemode": current_merchant().livemode,
    }


def _read_filter(parameters: dict[str, str]) -> RequestFilter:
    errors = []
    moments = {name: read_moment(parameters[name]) for name in ("from", "to") if name in parameters}
    errors += [not_a_moment(name) for name, moment in moments.items() if moment is None]
    status_class = parameters.get("status")
    if status_class is not None and status_class not in STATUS_CLASSES:
        errors.append(InvalidMember("/status", "invalid_choice", f"Give one of {', '.join(STATUS_CLASSES)}."))
    if errors:
        raise InvalidRequest(errors=errors)
    return RequestFilter(key=parameters.get("key"), status_class=status_class, at_from=moments.get("from"), at_to=moments.get("to"))
