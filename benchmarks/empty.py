"""An empty Django view and nothing around it: no middleware, no application, no database. What Django itself costs.

`application` is served as the platform is (`benchmarks.processes.serving`); `/healthz` says when.
"""

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["127.0.0.1"], SECRET_KEY=secrets.token_hex(), LOGGING_CONFIG=None)


def empty(_request: HttpRequest) -> HttpResponse:
    """Answer nothing, of a length that is said: without it the connection could not be kept alive by every client."""
    return HttpResponse(headers={"Content-Length": "0"})


urlpatterns = [path("empty", empty), path("healthz", empty)]
application = get_wsgi_application()
