"""Every path of the platform. The API stands under `/api/v1`; the second seed's bare paths are the same views by the same include."""

from django.contrib import admin
from django.urls import include, path

from kyc_platform.urls import documentation
from kyc_platform.urls.health import healthz, metrics, readyz
from verification.api.callbacks import provider_callback

handler400 = "kyc_platform.requests.problems.handle_400"
handler404 = "kyc_platform.requests.problems.handle_404"
handler500 = "kyc_platform.requests.problems.handle_500"

merchant_api = include([path("", include("verification.api.urls")), path("", include("reporting.api.urls"))])

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("callbacks/<str:provider>/<str:route>", provider_callback),
    path("api/v1/schema", documentation.schema, name="schema"),
    path("api/v1/docs", documentation.docs, name="docs"),
    path("api/v1/docs/errors", documentation.errors, name="errors"),
    path("api/v1/", include("verification.api.urls_end_user")),
    path("api/v1/", merchant_api),
    path("", merchant_api),
]
