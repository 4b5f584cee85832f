"""The web process's entry: Django behind the fast path of the status read."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kyc_platform.settings")

application = get_wsgi_application()
