"""The web process's entry: Django behind the fast path of the status read."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_platform.settings")

from django.core.wsgi import get_wsgi_application  # the settings' name comes first

django_application = get_wsgi_application()

from verification.api.fast_status import FastStatus  # noqa: E402  # imports models, so that Django must be set up

application = FastStatus(django_application)
