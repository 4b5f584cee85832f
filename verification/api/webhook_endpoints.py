"""The webhook endpoints of the merchant API: create, list, read, change, delete, another secret."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.outbound.errors import OutboundRefused
from kyc_platform.requests.paging import page_of, read_page
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, members_of, query_of, read_choice, refuse_unknown, whole_number
from verification.api.documentation import webhook_endpoints as docs
from verification.events.models import Event
from verification.webhooks.endpoints import find_endpoint, known_event_types, present_endpoints, secret_of
from verification.webhooks.models import EndpointState, WebhookEndpoint
from verification.workflow.subscribing import create_endpoint, delete_endpoint, rotate_secret, update_endpoint

SCOPE = "webhooks:manage"
CHANGEABLE = ("url", "event_types", "state")
OVERLAP_SECONDS_DEFAULT, OVERLAP_SECONDS_MAX = 24 * 3600, 7 * 24 * 3600
STATES = (EndpointState.ENABLED.value, EndpointState.DISABLED.value)


class WebhookEndpointList(MerchantView):
    """`/webhook-endpoints`."""

    required_scopes = {"POST": SCOPE, "GET": SCOPE}

    @extend_schema(**docs.CREATE_WEBHOOK_ENDPOINT)
    def post(self, request: Request) -> Response:
        """Add an endpoint. 201 with its `secret`, which is shown here only; 409 when there are too many; 422 naming what is wrong."""
        members = members_of(request)
        refuse_unknown(members, ("url", "event_types"))
        url, event_types = _read({"url": None, **members})
        with _naming_the_url():
            created = create_endpoint(url=url, event_types=event_types, actor=self.actor, at=self.now)
        return Response({**endpoint_shape(created.endpoint), "secret": created.secret}, status=201)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the endpoint that was added, with the secret that nobody has been shown."""
        endpoint = find_endpoint(event.data["webhook_endpoint_id"])
        return Response({**endpoint_shape(endpoint), "secret": secret_of(endpoint)}, status=201)

    @extend_schema(**docs.LIST_WEBHOOK_ENDPOINTS)
    def get(self, request: Request) -> Response:
        """List the endpoints, newest first. 200 with a page."""
        page = read_page(query_of(request, ("limit", "cursor")))
        return Response(page_of(present_endpoints().prefetch_related("warnings"), page, endpoint_shape))


class WebhookEndpointDetail(MerchantView):
    """`/webhook-endpoints/{id}`."""

    required_scopes = {"GET": SCOPE, "PUT": SCOPE, "DELETE": SCOPE}

    @extend_schema(**docs.READ_WEBHOOK_ENDPOINT)
    def get(self, request: Request, endpoint_id: str) -> Response:
        """Read one endpoint. 200, or 404."""
        return Response(endpoint_shape(find_endpoint(endpoint_id)))

    @extend_schema(**docs.UPDATE_WEBHOOK_ENDPOINT)
    def put(self, request: Request, endpoint_id: str) -> Response:
        """Change an endpoint; what is left out stays as it is. 200; 404; 422 naming what is wrong."""
        members = members_of(request)
        refuse_unknown(members, CHANGEABLE)
        if not members:
            raise InvalidRequest(errors=[InvalidMember("", "required", f"Give at least one of {', '.join(CHANGEABLE)}.")])
        state = EndpointState(read_choice(members, "state", STATES)) if "state" in members else None
        url, event_types = _read(members)
        wanted = known_event_types(event_types) if "event_types" in members else None
        with _naming_the_url():
            endpoint = update_endpoint(
                endpoint_id, url=url if "url" in members else None, event_types=wanted, state=state, actor=self.actor, at=self.now
            )
        return Response(endpoint_shape(endpoint))

    @extend_schema(**docs.DELETE_WEBHOOK_ENDPOINT)
    def delete(self, request: Request, endpoint_id: str) -> Response:
        """Delete an endpoint and cancel what it is owed. 204, or 404."""
        delete_endpoint(endpoint_id, actor=self.actor, at=self.now)
        return Response(status=204)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Show the endpoint as it is, or say once more that it is deleted."""
        if request.method == "DELETE":
            return Response(status=204)
        return Response(endpoint_shape(find_endpoint(event.data["webhook_endpoint_id"])))


class WebhookEndpointSecret(MerchantView):
    """`/webhook-endpoints/{id}/rotate-secret`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.ROTATE_WEBHOOK_SECRET)
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Give an endpoint a new secret. 200 with its `secret`, which is shown here only; 404; 422."""
        members = members_of(request)
        refuse_unknown(members, ("expires_in_seconds",))
        seconds = whole_number(members.get("expires_in_seconds", OVERLAP_SECONDS_DEFAULT))
        if seconds is None or not 0 <= seconds <= OVERLAP_SECONDS_MAX:
            remedy = f"Give a whole number of seconds from 0 to {OVERLAP_SECONDS_MAX}."
            raise InvalidRequest(errors=[InvalidMember("/expires_in_seconds", "out_of_range", remedy)])
        rotated = rotate_secret(endpoint_id, overlap=timedelta(seconds=seconds), actor=self.actor, at=self.now)
        return Response({**endpoint_shape(rotated.endpoint), "secret": rotated.secret})

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the endpoint with its secret, which nobody has been shown."""
        endpoint = find_endpoint(event.data["webhook_endpoint_id"])
        return Response({**endpoint_shape(endpoint), "secret": secret_of(endpoint)})


def endpoint_shape(endpoint: WebhookEndpoint) -> dict[str, Any]:
    """Return an endpoint without its secret. `event_types` is null when it is told of every type."""
    return {
        "id": endpoint.uid,
        "url": endpoint.url,
        "event_types": endpoint.event_types or None,
        "state": endpoint.state,
        "created_at": endpoint.created_at,
        "failing_since": endpoint.failing_since,
        "disabled_at": endpoint.disabled_at,
        "disabled_because": endpoint.disabled_because or None,
        "warnings": [
            {"code": warning.code, "warned_at": warning.warned_at}
            for warning in sorted(endpoint.warnings.all(), key=lambda warning: warning.pk)
            if warning.warned_at is not None
        ],
        "previous_secret_expires_at": endpoint.previous_secret_until,
        "livemode": current_merchant().livemode,
    }


def _read(members: dict[str, Any]) -> tuple[str, list[object] | None]:
    errors = []
    url, event_types = members.get("url", ""), members.get("event_types")
    if "url" in members and (not isinstance(url, str) or not url):
        errors.append(
            InvalidMember(
                "/url", "required" if url is None else "wrong_type", "Give the URL to post to, like https://hooks.example.com/kyc."
            )
        )
    if event_types is not None and not isinstance(event_types, list):
        errors.append(InvalidMember("/event_types", "wrong_type", "Give a list of event types, or leave it out to get every one."))
    if errors:
        raise InvalidRequest(errors=errors)
    return str(url), event_types


@contextmanager
def _naming_the_url() -> Iterator[None]:
    try:
        yield
    except OutboundRefused as refused:
        refused.errors = (InvalidMember("/url", refused.code, refused.detail),)
        raise
