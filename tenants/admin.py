"""Where Django looks for admin pages: each room has its own beside its tables."""

from tenants.api_keys.admin import MerchantApiKeyAdmin
from tenants.members.admin import MembershipAdmin, OperatorUserAdmin
from tenants.merchants.admin import DomainAdmin, MerchantAdmin
from tenants.platform_log.admin import PlatformLogEntryAdmin

__all__ = ["DomainAdmin", "MembershipAdmin", "MerchantAdmin", "MerchantApiKeyAdmin", "OperatorUserAdmin", "PlatformLogEntryAdmin"]
