"""Owing an event to every endpoint that asked for its type, in the event's own transaction."""

from datetime import datetime

from verification.events.models import Event
from verification.webhooks.models import EndpointState, WebhookDelivery, WebhookEndpoint


def owe_deliveries(event: Event, *, at: datetime) -> int:
    """Write a delivery for each enabled endpoint that wants the event; return how many. They are due at once."""
    endpoints = WebhookEndpoint.objects.filter(state=EndpointState.ENABLED)
    owed = [
        WebhookDelivery(endpoint=endpoint, event=event, created_at=at, due_at=at)
        for endpoint in endpoints
        if not endpoint.event_types or event.type in endpoint.event_types
    ]
    WebhookDelivery.objects.bulk_create(owed)
    return len(owed)
