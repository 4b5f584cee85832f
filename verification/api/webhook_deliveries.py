"""What has been posted to an endpoint, and having more posted: the delivery log, a test event, recovery."""

import codecs
from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.paging import page_of, read_page
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, members_of, query_of, read_choice, refuse_unknown
from verification.api.documentation import webhook_deliveries as docs
from verification.api.moments import read_moment
from verification.api.webhook_endpoints import SCOPE
from verification.events.models import Event
from verification.webhooks.endpoints import find_endpoint
from verification.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery
from verification.workflow.recovering import recover_events, send_test_event


class WebhookDeliveryList(MerchantView):
    """`/webhook-endpoints/{id}/deliveries`."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(**docs.LIST_WEBHOOK_DELIVERIES)
    def get(self, request: Request, endpoint_id: str) -> Response:
        """List what an endpoint was and is owed, newest first, with every attempt. 200 with a page; 404; 422."""
        parameters = query_of(request, ("limit", "cursor", "state"))
        page = read_page(parameters)
        rows = WebhookDelivery.objects.filter(endpoint=find_endpoint(endpoint_id)).select_related("event")
        if "state" in parameters:
            rows = rows.filter(state=read_choice(parameters, "state", tuple(DeliveryState.values)))
        attempts = Prefetch("attempts", queryset=WebhookAttempt.objects.order_by("at", "pk"))
        return Response(page_of(rows.prefetch_related(attempts), page, delivery_shape))


class WebhookEndpointTest(MerchantView):
    """`/webhook-endpoints/{id}/test`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.SEND_TEST_EVENT)
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Have a `test.ping` sent to this endpoint alone. 202 with the event's id; 404; 409 when the endpoint is disabled."""
        return self.answer_again(request, send_test_event(endpoint_id, actor=self.actor, at=self.now))

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Name the event that was made."""
        return Response({"event_id": event.uid, "type": event.type, "livemode": current_merchant().livemode}, status=202)


class WebhookEndpointRecovery(MerchantView):
    """`/webhook-endpoints/{id}/recover`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.RECOVER_WEBHOOK_EVENTS)
    def post(self, request: Request, endpoint_id: str) -> Response:
        """Owe again what the endpoint has missed since a moment. 202 with how many; 404; 409 when it is disabled; 422."""
        members = members_of(request)
        refuse_unknown(members, ("since",))
        text = members.get("since")
        since = read_moment(text) if isinstance(text, str) else None
        if since is None:
            remedy = "Give an RFC 3339 moment with its offset, like 2026-01-31T09:30:00Z."
            raise InvalidRequest(errors=[InvalidMember("/since", "required" if text is None else "invalid_moment", remedy)])
        found = recover_events(endpoint_id, since=since, actor=self.actor, at=self.now)
        return _recovered(found.count, found.has_more)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Say how many it was."""
        return _recovered(event.data["recovered"], event.data["has_more"])


def delivery_shape(delivery: WebhookDelivery) -> dict[str, Any]:
    """Return a delivery with its attempts, the first one first."""
    return {
        "event_id": delivery.event.uid,
        "event_type": delivery.event.type,
        "state": delivery.state,
        "created_at": delivery.created_at,
        "delivered_at": delivery.delivered_at,
        "next_attempt_at": delivery.due_at,
        "attempts": [_attempt_shape(attempt) for attempt in delivery.attempts.all()],
        "livemode": current_merchant().livemode,
    }


def _attempt_shape(attempt: WebhookAttempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": attempt.at,
        "status": attempt.status_code,
        "failure": attempt.failure or None,
        "duration_ms": attempt.duration_ms,
        "answer_start": as_text(bytes(attempt.answer_start)),
    }


def as_text(answer: bytes) -> str:
    """Return the start of an answer as text, whatever its bytes are: what is no UTF-8 is replaced, a character that was cut is left out."""
    return codecs.getincrementaldecoder("utf-8")("replace").decode(answer)


def _recovered(count: int, has_more: bool) -> Response:
    return Response({"recovered": count, "has_more": has_more, "livemode": current_merchant().livemode}, status=202)
