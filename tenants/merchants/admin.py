"""Admin pages of merchants and their domains. They call the same functions as the commands, and see no merchant's customers."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from kyc_platform.errors import DomainError
from tenants.merchants.models import Domain, Merchant
from tenants.merchants.opening import change_plan, close_merchant, open_merchant, reactivate_merchant, suspend_merchant
from tenants.merchants.plans import PlanName
from tenants.operator_site import operator_of
from tenants.platform_log.admin import ReadOnlyAdmin
from tenants.platform_log.models import record

PLANS = [(plan.value, plan.value) for plan in PlanName]


class OpeningForm(forms.Form):
    """What a merchant is told at its opening."""

    name = forms.CharField(max_length=120)
    slug = forms.SlugField(max_length=40, help_text="a-z, 0-9 and hyphens; unique")
    time_zone = forms.CharField(max_length=64, initial="UTC", help_text="IANA name; reports count its days")
    plan = forms.ChoiceField(choices=PLANS, initial=PlanName.STANDARD)


class ReasonForm(ActionForm):
    """The fields beside the list of actions."""

    reason = forms.CharField(max_length=200, required=False, help_text="goes into the platform's log")
    plan = forms.ChoiceField(choices=[("", "the plan"), *PLANS], required=False, help_text="for the action that changes it")


@admin.register(Merchant)
class MerchantAdmin(ReadOnlyAdmin):
    """Merchants in both modes: open, suspend, reactivate, close. Nothing here deletes."""

    list_display = ("slug", "name", "mode", "state", "plan", "time_zone", "created_at")
    list_filter = ("state", "mode", "plan")
    search_fields = ("slug", "name", "public_id", "schema_name")
    readonly_fields = ("public_id", "schema_name", "created_at", "opened_at", "closed_at")
    fields = ("slug", "name", "mode", "state", "sandbox_of", "time_zone", "plan", *readonly_fields)
    actions = ("suspend", "reactivate", "close", "put_on_plan")
    action_form = ReasonForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Those who may add merchants may open them."""
        return request.user.has_perm("tenants.add_merchant")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Open a merchant. Not Django's own form, which would hold a transaction open around several schemas."""
        if not self.has_add_permission(request):
            return HttpResponse(status=403)
        form = OpeningForm(request.POST or None)
        if form.is_valid():
            try:
                live = open_merchant(**form.cleaned_data, actor=operator_of(request), at=timezone.now())
            except DomainError as error:
                add_to_form(form, error)
            else:
                self.message_user(request, f"{live.slug} is open, with its sandbox. Issue its keys next.", messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:tenants_merchant_changelist"))
        context = {**self.admin_site.each_context(request), "title": "Open a merchant", "form": form, "opts": self.opts, "button": "Open"}
        return TemplateResponse(request, "admin/tenants/form.html", context)

    @admin.action(description="Suspend in both modes", permissions=["operate"])
    def suspend(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Suspend the chosen merchants."""
        self.change_each(request, merchants, suspend_merchant)

    @admin.action(description="Reactivate in both modes", permissions=["operate"])
    def reactivate(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Serve the chosen merchants again."""
        self.change_each(request, merchants, reactivate_merchant)

    @admin.action(description="Close for good, in both modes", permissions=["operate"])
    def close(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Close one merchant; its slug, typed as the reason's first word, confirms it."""
        if len(merchants) != 1 or request.POST.get("reason", "").partition(" ")[0] != merchants[0].slug:
            self.message_user(request, "Choose one merchant and begin the reason with its slug: closing is for good.", messages.ERROR)
            return
        self.change_each(request, merchants, close_merchant)

    @admin.action(description="Put on the plan chosen here, in both modes", permissions=["operate"])
    def put_on_plan(self, request: HttpRequest, merchants: QuerySet[Merchant]) -> None:
        """Change the plan of the chosen merchants, and with it their quotas."""
        self.change_each(request, merchants, partial(change_plan, plan=request.POST.get("plan", "")))

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Tell who may change a merchant's state."""
        return request.user.has_perm("tenants.change_merchant")

    def change_each(self, request: HttpRequest, merchants: QuerySet[Merchant], change: Callable[..., None]) -> None:
        """Call a change for each company once, and say what came of it."""
        reason = request.POST.get("reason", "").strip()
        if not reason:
            self.message_user(request, "Say a reason: it goes into the platform's log.", messages.ERROR)
            return
        for pk in sorted({merchant.sandbox_of_id or merchant.pk for merchant in merchants}):
            live = Merchant.objects.get(pk=pk)
            try:
                change(merchant=live, reason=reason, actor=operator_of(request), at=timezone.now())
            except DomainError as error:
                self.message_user(request, f"{live.slug}: {words_of(error)}", messages.ERROR)
            else:
                live.refresh_from_db()
                self.message_user(request, f"{live.slug}: {live.state}, on the plan {live.plan}", messages.SUCCESS)


@admin.register(Domain)
class DomainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Host names of merchants' own."""

    list_display = ("domain", "tenant", "is_primary")
    search_fields = ("domain", "tenant__slug")
    autocomplete_fields = ("tenant",)
    fieldsets = ((None, {"fields": ("domain", "tenant", "is_primary"), "description": "The host must stand in ALLOWED_HOSTS too."}),)

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        """Store and log, in the form's transaction."""
        super().save_model(request, obj, form, change)
        log_domain("domain.set", request, obj)

    def delete_model(self, request: HttpRequest, obj: Domain) -> None:
        """Remove and log."""
        log_domain("domain.removed", request, obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Domain]) -> None:
        """Remove and log each."""
        for domain in queryset:
            self.delete_model(request, domain)


def log_domain(action: str, request: HttpRequest, domain: Domain) -> None:
    """Write a line of the platform's log about a domain."""
    merchant, at = domain.tenant, timezone.now()
    company = merchant.company_public_id
    record(action, target=merchant.public_id, merchant=company, actor=operator_of(request), at=at, domain=domain.domain)


def words_of(error: DomainError) -> str:
    """Return what is wrong, in one line."""
    return " ".join(member.detail for member in error.errors) or error.detail


def add_to_form(form: forms.Form, error: DomainError) -> None:
    """Show a named error at the fields it names, or above the form."""
    for member in error.errors:
        name = member.pointer.split("/")[1]
        form.add_error(name if name in form.fields else None, member.detail)
    if not error.errors:
        form.add_error(None, error.detail)
