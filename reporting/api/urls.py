"""The merchant API's paths of this house. `kyc_platform/urls` serves them under `/api/v1/` and, for the second seed, bare."""

from django.urls import path

from reporting.api.views import ComplianceReport

urlpatterns = [path("report", ComplianceReport.as_view())]
