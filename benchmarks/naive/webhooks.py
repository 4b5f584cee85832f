"""Webhooks as they are usually sent: one Celery task for each delivery, which reads it, posts it and writes how that ended.

It keeps its connections and signs as the platform does, so that only the way of sending differs.

    python -m celery -A benchmarks.naive.webhooks worker …
"""

import threading

import django
import requests
from celery import Celery

django.setup()

from django.conf import settings  # noqa: E402  # the models need Django set up
from django.utils import timezone  # noqa: E402

from kyc_platform.schema import inside_schema  # noqa: E402
from tenants.routing.entry import enter_schema_of_task  # noqa: E402
from verification.webhooks.endpoints import signing_keys_of  # noqa: E402
from verification.webhooks.models import WebhookAttempt, WebhookDelivery  # noqa: E402
from verification.webhooks.payloads import payload  # noqa: E402
from verification.webhooks.signing import signed_headers  # noqa: E402

QUEUE = "naive-webhooks"
TIMEOUT_SECONDS = 15

app = Celery("naive", broker=settings.REDIS_URL)
app.conf.update(task_default_queue=QUEUE, task_ignore_result=True, task_acks_late=True, worker_hijack_root_logger=False)
_of_thread = threading.local()


@app.task(name="naive.deliver")
def deliver(delivery_pk: int, schema: str) -> None:
    """Send one delivery."""
    with inside_schema("public"), enter_schema_of_task(schema):
        delivery = WebhookDelivery.objects.select_related("endpoint", "event").get(pk=delivery_pk)
        event, at = delivery.event, timezone.now()
        body = payload(event_type=event.type, at=event.at, data=event.data)
        headers = signed_headers(signing_keys_of(delivery.endpoint, at=at), webhook_id=event.uid, timestamp=int(at.timestamp()), body=body)
        answer = _session().post(delivery.endpoint.url, data=body, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        answer.raise_for_status()
        WebhookAttempt.objects.create(
            delivery=delivery, number=1, at=at, status_code=answer.status_code, duration_ms=round(answer.elapsed.total_seconds() * 1000)
        )
        delivery.state, delivery.delivered_at, delivery.due_at, delivery.attempt_count = "delivered", timezone.now(), None, 1
        delivery.save(update_fields=["state", "delivered_at", "due_at", "attempt_count"])


def _session() -> requests.Session:
    if not hasattr(_of_thread, "session"):
        _of_thread.session = requests.Session()
    session: requests.Session = _of_thread.session
    return session
