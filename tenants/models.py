"""What Django looks for: the models of every room of this house."""

from tenants.api_keys.models import MerchantApiKey
from tenants.members.models import Membership, User
from tenants.merchants.models import Domain, Merchant
from tenants.platform_log.models import PlatformLogEntry

__all__ = ["Domain", "Membership", "Merchant", "MerchantApiKey", "PlatformLogEntry", "User"]
