"""The tables of the house, gathered for Django; each is defined in the room that owns it."""

from verification.callbacks.models import ProviderCallback
from verification.customers.models import Customer, CustomerKey
from verification.documents.models import Document, DocumentSubmission
from verification.events.models import ChainHead, Event, EventPosition, UnplacedEvent
from verification.idempotency.models import IdempotentRequest
from verification.levels.models import Level
from verification.lifecycle.models import Verification
from verification.providers.models import ProviderCheck
from verification.request_log.models import ApiRequest
from verification.reviews.models import Review
from verification.sandbox.models import IntegrationCheck, SandboxClock, WebhookChaos
from verification.webhooks.models import EndpointWarning, WebhookAttempt, WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiRequest",
    "ChainHead",
    "Customer",
    "CustomerKey",
    "Document",
    "DocumentSubmission",
    "EndpointWarning",
    "Event",
    "EventPosition",
    "IdempotentRequest",
    "IntegrationCheck",
    "Level",
    "ProviderCallback",
    "ProviderCheck",
    "Review",
    "SandboxClock",
    "UnplacedEvent",
    "Verification",
    "WebhookAttempt",
    "WebhookChaos",
    "WebhookDelivery",
    "WebhookEndpoint",
]
