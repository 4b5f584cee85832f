"""The baseline's WSGI entry. DJANGO_SETTINGS_MODULE is `benchmarks.naive.settings`."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
