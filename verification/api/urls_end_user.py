"""The first seed's paths, under `/api/v1/`."""

from django.urls import path

from verification.api.end_user import EndUserStatus, EndUserSubmit

urlpatterns = [path("user/me/kyc/status", EndUserStatus.as_view()), path("user/me/kyc/submit", EndUserSubmit.as_view())]
