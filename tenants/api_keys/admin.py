"""Admin pages of API keys: issue, rotate, revoke. A secret is shown on the page that made it, once, and is stored nowhere."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from rest_framework_api_key.models import APIKey

from kyc_platform.errors import DomainError
from tenants.api_keys.issuing import IssuedKey, issue_key, revoke_key, rotate_key
from tenants.api_keys.models import MerchantApiKey
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.merchants.admin import add_to_form
from tenants.merchants.models import Merchant
from tenants.operator_site import operator_of
from tenants.platform_log.admin import ReadOnlyAdmin

OVERLAP_SECONDS = 24 * 3600

admin.site.unregister(APIKey)  # the package's own table: nothing reads the keys that a form would put there


class IssuingForm(forms.Form):
    """What a new key may do."""

    merchant = forms.ModelChoiceField(Merchant.objects.order_by("slug", "mode"))
    name = forms.CharField(max_length=50, help_text="what the key is for")
    scopes = forms.MultipleChoiceField(choices=[(scope, scope) for scope in ALL_SCOPES], widget=forms.CheckboxSelectMultiple)
    expires_at = forms.DateTimeField(required=False, help_text="UTC; empty for never")
    ip_allow_list = forms.CharField(
        label="IP allow list",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="networks as CIDR, one a line; empty for any",
    )

    def clean_ip_allow_list(self) -> list[str]:
        """Return the lines that say something."""
        return [line.strip() for line in self.cleaned_data["ip_allow_list"].splitlines() if line.strip()]


@admin.register(MerchantApiKey)
class MerchantApiKeyAdmin(ReadOnlyAdmin):
    """Keys of all merchants."""

    list_display = ("prefix", "merchant", "name", "created", "expiry_date", "last_used_at", "revoked")
    list_filter = ("revoked", "merchant__mode")
    list_select_related = ("merchant",)
    search_fields = ("prefix", "name", "merchant__slug")
    readonly_fields = ("created", "last_used_at", "revoked_at", "rotated_from")
    fields = ("prefix", "merchant", "name", "scopes", "ip_allow_list", "expiry_date", *readonly_fields)
    actions = ("rotate", "revoke")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add keys may issue them."""
        return request.user.has_perm("tenants.add_merchantapikey")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Tell who may rotate and revoke."""
        return request.user.has_perm("tenants.change_merchantapikey")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Issue a key and show it."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        form = IssuingForm(request.POST or None)
        if form.is_valid():
            try:
                issued = issue_key(**form.cleaned_data, actor=operator_of(request), at=timezone.now())
            except DomainError as error:
                add_to_form(form, error)
            else:
                return self.shown_once(request, [issued])
        context = {**self.admin_site.each_context(request), "title": "Issue an API key", "form": form, "opts": self.opts, "button": "Issue"}
        return TemplateResponse(request, "admin/tenants/form.html", context)

    @admin.action(description="Rotate: the old key works for 24 hours more", permissions=["operate"])
    def rotate(self, request: HttpRequest, keys: QuerySet[MerchantApiKey]) -> HttpResponse | None:
        """Issue successors and show them."""
        issued = []
        for key in keys:
            try:
                issued.append(rotate_key(key=key, overlap_seconds=OVERLAP_SECONDS, actor=operator_of(request), at=timezone.now()))
            except DomainError as error:
                self.message_user(request, f"{key.prefix}: {error.detail}", messages.ERROR)
        return self.shown_once(request, issued) if issued else None

    @admin.action(description="Revoke for good", permissions=["operate"])
    def revoke(self, request: HttpRequest, keys: QuerySet[MerchantApiKey]) -> None:
        """Stop the chosen keys."""
        for key in keys:
            revoke_key(key=key, actor=operator_of(request), at=timezone.now())
            self.message_user(request, f"{key.prefix} is revoked", messages.SUCCESS)

    def shown_once(self, request: HttpRequest, issued: list[IssuedKey]) -> HttpResponse:
        """Return the page with the secrets. Not through the messages framework, which would store them in a cookie."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Copy now, it is not shown again",
            "issued": issued,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/tenants/issued.html", context, headers={"Cache-Control": "no-store"})
