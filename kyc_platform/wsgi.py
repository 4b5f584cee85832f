"""The web process's entry: Django behind the fast path of the status read."""

import os
from contextlib import suppress

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_platform.settings")

from django.core.wsgi import get_wsgi_application  # the settings' name comes first
from django.db import OperationalError

django_application = get_wsgi_application()

from tenants.routing.startup import require_safe_database  # noqa: E402  # what follows imports models, so that Django must be set up
from verification.api.fast_status import FastStatus  # noqa: E402

with suppress(OperationalError):  # a database that is away does not keep the process from starting; the first request asks again
    require_safe_database()

application = FastStatus(django_application)
