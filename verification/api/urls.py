"""The merchant API's paths of this house. `kyc_platform/urls` serves them under `/api/v1/` and, for the second seed, bare."""

from django.urls import path

from verification.api.customers import CustomerDetail, CustomerList, KycStatus
from verification.api.documents import DocumentContent, DocumentList
from verification.api.events import EventDetail, EventList, EventResend
from verification.api.reconcile import Reconcile
from verification.api.request_log import RequestLog
from verification.api.sandbox import CustomerSimulation, IntegrationCheckView, SandboxClockAdvance, SandboxClockView, WebhookChaosView
from verification.api.verifications import AccessTokens, VerificationDecision, VerificationList
from verification.api.webhook_deliveries import WebhookDeliveryList, WebhookEndpointRecovery, WebhookEndpointTest
from verification.api.webhook_endpoints import WebhookEndpointDetail, WebhookEndpointList, WebhookEndpointSecret

CUSTOMER = "customers/<str:customer_id>"
ENDPOINT = "webhook-endpoints/<str:endpoint_id>"

urlpatterns = [
    path("customers", CustomerList.as_view()),
    path(CUSTOMER, CustomerDetail.as_view()),
    path(f"{CUSTOMER}/kyc-status", KycStatus.as_view()),
    path(f"{CUSTOMER}/documents", DocumentList.as_view()),
    path(f"{CUSTOMER}/documents/<str:document_id>/content", DocumentContent.as_view()),
    path(f"{CUSTOMER}/access-tokens", AccessTokens.as_view()),
    path(f"{CUSTOMER}/verifications", VerificationList.as_view()),
    path(f"{CUSTOMER}/verifications/<str:verification_id>/decision", VerificationDecision.as_view()),
    path(f"sandbox/{CUSTOMER}/simulate", CustomerSimulation.as_view()),
    path("sandbox/integration-check", IntegrationCheckView.as_view()),
    path("sandbox/webhooks/chaos", WebhookChaosView.as_view()),
    path("sandbox/clock", SandboxClockView.as_view()),
    path("sandbox/clock/advance", SandboxClockAdvance.as_view()),
    path("request-log", RequestLog.as_view()),
    path("webhook-endpoints", WebhookEndpointList.as_view()),
    path(ENDPOINT, WebhookEndpointDetail.as_view()),
    path(f"{ENDPOINT}/deliveries", WebhookDeliveryList.as_view()),
    path(f"{ENDPOINT}/rotate-secret", WebhookEndpointSecret.as_view()),
    path(f"{ENDPOINT}/test", WebhookEndpointTest.as_view()),
    path(f"{ENDPOINT}/recover", WebhookEndpointRecovery.as_view()),
    path("events", EventList.as_view()),
    path("events/<str:event_id>", EventDetail.as_view()),
    path("events/<str:event_id>/resend", EventResend.as_view()),
    path("reconcile", Reconcile.as_view()),
]
