"""The baseline's paths."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.naive.views import CustomerDetail


def healthz(_request: HttpRequest) -> HttpResponse:
    """Say that the process serves."""
    return HttpResponse()


urlpatterns = [path("healthz", healthz), path("customers/<str:customer_id>", CustomerDetail.as_view())]
