"""Admin pages of accounts and memberships."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from tenants.members.accounts import add_member
from tenants.members.models import Membership, Role, User
from tenants.operator_site import operator_of
from tenants.platform_log.models import record


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]  # not generic at run time
    """A new account: an address and a password."""

    class Meta:
        model = User
        fields = ("email", "name")

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()


class ChangedUserForm(UserChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """An account, changed."""

    class Meta:
        model = User
        fields = "__all__"

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()


@admin.register(User)
class OperatorUserAdmin(UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Operators and members."""

    form = ChangedUserForm
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "name", "is_operator", "is_active", "last_login")
    list_filter = ("is_operator", "is_superuser", "is_active")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("What it may do", {"fields": ("is_active", "is_operator", "is_superuser", "groups", "user_permissions")}),
        ("When", {"fields": ("last_login", "created_at")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Store and log, in the form's transaction."""
        super().save_model(request, obj, form, change)
        action = "user.changed" if change else "user.created"
        record(action, target=str(obj.pk), actor=operator_of(request), at=timezone.now(), members=sorted(form.changed_data))


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Who may do what for which merchant."""

    list_display = ("user", "merchant", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("user", "merchant")
    search_fields = ("user__email", "merchant__slug")
    autocomplete_fields = ("user", "merchant")

    def save_model(self, request: HttpRequest, obj: Membership, form: Any, change: bool) -> None:
        """Give the role, in the form's transaction."""
        membership = add_member(merchant=obj.merchant, user=obj.user, role=Role(obj.role), actor=operator_of(request), at=timezone.now())
        obj.pk = membership.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        """Withdraw the role and log it."""
        merchant = obj.merchant.public_id
        record("membership.withdrawn", target=str(obj.user_id), merchant=merchant, actor=operator_of(request), at=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        """Withdraw each."""
        for membership in queryset:
            self.delete_model(request, membership)
