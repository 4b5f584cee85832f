"""The platform's log, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from tenants.platform_log.models import PlatformLogEntry


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Pages that show rows and offer no form: rows change only through the functions that the actions call."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody may delete."""
        return False


@admin.register(PlatformLogEntry)
class PlatformLogEntryAdmin(ReadOnlyAdmin):
    """What was done to merchants, keys and accounts, the latest first."""

    list_display = ("at", "action", "merchant", "target", "actor_kind", "actor_id")
    list_filter = ("action", "actor_kind")
    search_fields = ("merchant", "target", "actor_id")
