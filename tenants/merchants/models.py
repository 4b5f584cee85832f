"""The merchant and its domains. Rows of `public`, read through a cache and written rarely."""

import zoneinfo
from datetime import datetime
from functools import cache

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django_tenants.models import DomainMixin, TenantMixin

from tenants.merchants.names import PUBLIC_ID_PATTERN, SCHEMA_NAME_PATTERN, SLUG_PATTERN, new_public_id, new_schema_name
from tenants.merchants.states import MerchantState, Mode, check_transition

SLUG_REMEDY = "write it in a-z, 0-9 and single hyphens, like acme-pay"


@cache
def known_time_zones() -> set[str]:
    """Return the names of the time zone database, read once: it lies in six hundred files."""
    return zoneinfo.available_timezones()


def require_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is a zone of the IANA time zone database."""
    if name not in known_time_zones():
        raise ValidationError("%(name)s is no IANA time zone; write it like Europe/Stockholm", params={"name": name})


class Merchant(TenantMixin):  # type: ignore[misc]  # django-tenants is untyped
    """One merchant in one mode: a company's live data, or its sandbox. Each has its own schema, key and API keys.

    Written only by `tenants.merchants.opening`; saving a row creates no schema and deleting one drops none.
    """

    auto_create_schema = False
    auto_drop_schema = False

    public_id = models.CharField(max_length=20, unique=True, default=new_public_id, editable=False)
    schema_name = models.CharField(max_length=63, unique=True, default=new_schema_name, editable=False)
    slug = models.CharField(max_length=40, validators=[RegexValidator(SLUG_PATTERN, SLUG_REMEDY)])
    name = models.CharField(max_length=120)
    mode = models.CharField(max_length=8, choices=[(mode.value, mode.value) for mode in Mode])
    sandbox_of = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="sandbox")
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in MerchantState], default=MerchantState.OPENING)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[require_time_zone])
    plan = models.CharField(max_length=32, default="standard")
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField()
    schema_made_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="merchant_schema_name_is_generated", condition=Q(schema_name__regex=SCHEMA_NAME_PATTERN)),
            models.CheckConstraint(name="merchant_public_id_is_generated", condition=Q(public_id__regex=PUBLIC_ID_PATTERN)),
            models.CheckConstraint(name="merchant_slug_is_readable", condition=Q(slug__regex=SLUG_PATTERN)),
            models.CheckConstraint(name="merchant_state_is_known", condition=Q(state__in=[state.value for state in MerchantState])),
            models.CheckConstraint(
                name="merchant_sandbox_of_iff_sandbox",
                condition=Q(mode=Mode.LIVE, sandbox_of__isnull=True) | Q(mode=Mode.SANDBOX, sandbox_of__isnull=False),
            ),
            models.CheckConstraint(name="merchant_is_no_sandbox_of_itself", condition=Q(sandbox_of__isnull=True) | ~Q(sandbox_of=F("id"))),
            models.CheckConstraint(
                name="merchant_opened_iff_not_opening",
                condition=Q(state=MerchantState.OPENING, opened_at__isnull=True)
                | (~Q(state=MerchantState.OPENING) & Q(opened_at__isnull=False, schema_made_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="merchant_closed_at_iff_closed",
                condition=Q(state=MerchantState.CLOSED, closed_at__isnull=False)
                | (~Q(state=MerchantState.CLOSED) & Q(closed_at__isnull=True)),
            ),
            models.UniqueConstraint(name="merchant_one_slug_per_mode", fields=["slug", "mode"]),
        ]

    def __str__(self) -> str:
        return f"{self.slug} ({self.mode})"

    @property
    def is_live(self) -> bool:
        """Tell whether the customers here are real."""
        return bool(self.mode == Mode.LIVE)

    @property
    def company_public_id(self) -> str:
        """The live merchant's public id, for both modes: what the platform's log is searched by."""
        return str((self.sandbox_of or self).public_id)

    def move_to(self, new: MerchantState, *, at: datetime) -> None:
        """Change the state and save. The caller holds the row's lock. Raises IllegalMerchantTransition (409)."""
        check_transition(MerchantState(self.state), new)
        if self.state == MerchantState.OPENING:
            self.opened_at = at
        if new == MerchantState.CLOSED:
            self.closed_at = at
        self.state = new
        self.save(update_fields=["state", "opened_at", "closed_at"])


class Domain(DomainMixin):  # type: ignore[misc]  # django-tenants is untyped
    """A host name of a merchant's own. A request to it must prove itself as that merchant's."""

    domain = models.CharField(max_length=253, unique=True)

    def clean(self) -> None:
        """Keep host names in the one form that browsers send: lower case, ASCII, without a port."""
        self.domain = self.domain.lower().rstrip(".")
        if not self.domain.isascii() or ":" in self.domain or "/" in self.domain:
            raise ValidationError({"domain": "write the host name alone, in ASCII, without scheme, port or path"})
