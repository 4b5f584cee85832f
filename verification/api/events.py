"""The events of the merchant API: the list in the order of its positions, one event, and sending one again."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.paging import read_limit
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, members_of, nul_in, query_of, refuse_unknown
from verification.api.documentation import events as docs
from verification.events.models import Event
from verification.events.positions import find_event, last_position, places_after
from verification.events.types import EventType
from verification.workflow.recovering import resend_event
from verification.workflow.sequencing import sequence_events

SCOPE = "events:read"
POSITION_MAX = 2**63 - 1


class EventList(MerchantView):
    """`/events`."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(**docs.LIST_EVENTS)
    def get(self, request: Request) -> Response:
        """List the events after a position, ascending. 200 with a page."""
        after, limit, event_type = _read(query_of(request, ("after", "limit", "type")))
        is_more_to_come = sequence_events()
        up_to = last_position()
        found = list(places_after(after, up_to=up_to, event_type=event_type)[: limit + 1])
        has_more = len(found) > limit
        # Where a page of one type is not full, everything up to the last position has been looked through.
        next_after = found[limit - 1].position if has_more else max(after, up_to)
        data = [event_shape(place.event, place.position) for place in found[:limit]]
        return Response({"data": data, "next_after": next_after, "has_more": has_more or is_more_to_come})


class EventDetail(MerchantView):
    """`/events/{id}`."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(**docs.READ_EVENT)
    def get(self, request: Request, event_id: str) -> Response:
        """Read one event. 200, or 404."""
        sequence_events()
        event = find_event(event_id)
        place = getattr(event, "place", None)
        return Response(event_shape(event, place.position if place else None))


class EventResend(MerchantView):
    """`/events/{id}/resend`."""

    required_scopes = {"POST": "webhooks:manage"}

    @extend_schema(**docs.RESEND_EVENT)
    def post(self, request: Request, event_id: str) -> Response:
        """Have an event posted once more. 202 with the endpoints it goes to; 404; 409 when the named one is disabled; 422."""
        members = members_of(request)
        refuse_unknown(members, ("webhook_endpoint_id",))
        endpoint_uid = members.get("webhook_endpoint_id")
        if endpoint_uid is not None and not isinstance(endpoint_uid, str):
            remedy = "Give the id of an endpoint, or leave it out for every one that wants this type."
            raise InvalidRequest(errors=[InvalidMember("/webhook_endpoint_id", "wrong_type", remedy)])
        if endpoint_uid is not None and "\x00" in endpoint_uid:
            raise InvalidRequest(errors=[nul_in("/webhook_endpoint_id")])
        return self.answer_again(request, resend_event(event_id, endpoint_uid=endpoint_uid, actor=self.actor, at=self.now))

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Name the event and the endpoints that it was owed to."""
        told = {name: event.data[name] for name in ("event_id", "webhook_endpoint_ids")}
        return Response({**told, "livemode": current_merchant().livemode}, status=202)


def event_shape(event: Event, position: int | None) -> dict[str, Any]:
    """Return an event: what its webhook says, and where it stands."""
    return {
        "id": event.uid,
        "position": position,
        "type": event.type,
        "timestamp": event.at,
        "data": event.data,
        "livemode": current_merchant().livemode,
    }


def _read(query: dict[str, str]) -> tuple[int, int, str | None]:
    errors: list[InvalidMember] = []
    limit = read_limit(query, errors)
    text, event_type = query.get("after", "0"), query.get("type")
    after = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(POSITION_MAX)) else -1
    if not 0 <= after <= POSITION_MAX:
        errors.append(InvalidMember("/after", "invalid_position", "Give the next_after of the page before, or 0 for the first event."))
    if event_type is not None and event_type not in list(EventType):
        errors.append(InvalidMember("/type", "unknown_event_type", f"Event types: {', '.join(EventType)}."))
    if errors:
        raise InvalidRequest(errors=errors)
    return after, limit, event_type
