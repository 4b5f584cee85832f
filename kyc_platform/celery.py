"""The Celery application. Bodies of tasks live in each house's `tasks.py`, their names in its `jobs.py`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_platform.settings")

app = Celery("kyc_platform", task_cls="kyc_platform.background:SchemaTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
