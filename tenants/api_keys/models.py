"""The API key: stored as a hash, shown once."""

from typing import Any, ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from rest_framework_api_key.crypto import KeyGenerator
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from tenants.merchants.models import Merchant
from tenants.merchants.names import random_alphanumeric
from tenants.merchants.states import Mode

PREFIX_RANDOM_CHARACTERS = 12
SECRET_CHARACTERS = 40  # 238 bits
MODE_WORDS = {Mode.LIVE: "live", Mode.SANDBOX: "test"}


class MerchantKeyGenerator(KeyGenerator):
    """Makes `kyc_live_<random>.<secret>` and `kyc_test_<random>.<secret>`, hashed with SHA-512 as the package does.

    A slow hash would add nothing: the secret has 238 random bits (OWASP ASVS 5.0 11.5.1 asks for 128).
    """

    def __init__(self, mode: Mode) -> None:
        super().__init__()
        self.mode = mode

    def get_prefix(self) -> str:
        """Return the part that may be shown: it says the mode and finds the row."""
        return f"kyc_{MODE_WORDS[self.mode]}_{random_alphanumeric(PREFIX_RANDOM_CHARACTERS)}"

    def get_secret_key(self) -> str:
        """Return the part that is shown once."""
        return random_alphanumeric(SECRET_CHARACTERS)


class MerchantApiKeyManager(BaseAPIKeyManager):
    """Gives each new key the prefix of its merchant's mode."""

    def assign_key(self, obj: "MerchantApiKey") -> str:  # type: ignore[override]  # this manager has one model
        """Fill in prefix and hash and return the whole key. The primary key is the prefix: the package's own holds the hash."""
        key, prefix, hashed = MerchantKeyGenerator(Mode(obj.merchant.mode)).generate()
        obj.id, obj.prefix, obj.hashed_key = prefix, prefix, hashed
        return key

    def create_key(self, **fields: Any) -> tuple["MerchantApiKey", str]:
        """Store a key and return it with its whole text."""
        key, text = super().create_key(**fields)
        return cast(MerchantApiKey, key), text


class MerchantApiKey(AbstractAPIKey):
    """A key of one merchant in one mode. Written only by `tenants.api_keys.issuing`; `last_used_at` is right to a minute."""

    prefix = models.CharField(max_length=24, unique=True, editable=False)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="api_keys")
    scopes = ArrayField(models.CharField(max_length=32))
    ip_allow_list = ArrayField(models.CharField(max_length=43), default=list, blank=True, help_text="networks as CIDR; none means any")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    rotated_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, editable=False, related_name="successors")

    objects: ClassVar[MerchantApiKeyManager] = MerchantApiKeyManager()  # type: ignore[assignment]  # in place of the package's

    class Meta(AbstractAPIKey.Meta):
        constraints = [
            models.CheckConstraint(name="api_key_has_a_scope", condition=models.Q(scopes__len__gt=0)),
            models.CheckConstraint(
                name="api_key_revoked_at_iff_revoked",
                condition=models.Q(revoked=True, revoked_at__isnull=False) | models.Q(revoked=False, revoked_at__isnull=True),
            ),
        ]
