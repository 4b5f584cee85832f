"""The Celery application. Bodies of tasks live in each house's `tasks.py`, their names in its `jobs.py`."""

import os
from typing import Any

from celery import Celery
from django.conf import settings
from kombu import Connection

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_platform.settings")


class _App(Celery):
    """Publishes with options of its own: a worker may wait for its broker, whoever only rings for one may not."""

    def connection_for_write(self, url: str | None = None, **kwargs: Any) -> Connection:
        options = kwargs.pop("transport_options", None) or {}
        return super().connection_for_write(url, transport_options=settings.CELERY_PUBLISH_TRANSPORT_OPTIONS | options, **kwargs)


app = _App("kyc_platform", task_cls="kyc_platform.background:SchemaTask", amqp="kyc_platform.broker:Amqp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["consumer"].add("kyc_platform.life:ShowsLife")
app.autodiscover_tasks()
