"""Every path of the platform. The API stands under `/api/v1`; the second seed's bare paths are the same views."""

from django.contrib import admin
from django.urls import include, path

from kyc_platform.observability.health import healthz, metrics, readyz

handler400 = "kyc_platform.requests.problems.handle_400"
handler404 = "kyc_platform.requests.problems.handle_404"
handler500 = "kyc_platform.requests.problems.handle_500"

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
    path("admin/", admin.site.urls),
    path("callbacks/", include("verification.callbacks.urls")),
    path("api/v1/", include("kyc_platform.urls.documentation")),
    path("api/v1/", include("verification.api.urls_end_user")),
    path("api/v1/", include("kyc_platform.urls.merchant_api")),
    path("", include("kyc_platform.urls.seed_paths")),
]
