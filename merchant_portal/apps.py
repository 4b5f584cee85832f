"""The Django application of the house: pages over the other houses, no tables."""

from django.apps import AppConfig


class MerchantPortalConfig(AppConfig):
    """The portal for a merchant's members."""

    name = "merchant_portal"
