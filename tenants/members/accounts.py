"""Creating accounts and memberships, each with its line in the platform's log."""

from collections.abc import Collection
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import InvalidMember, InvalidRequest
from tenants.members.models import Membership, Role, User
from tenants.merchants.models import Merchant
from tenants.platform_log.models import record


def create_operator(*, email: str, name: str = "", password: str, actor: Actor, at: datetime) -> User:
    """Store an operator who may do everything in Django admin. Raises ValidationError for an address that is none or is taken."""
    User(email=email.strip().lower(), name=name).clean_fields(exclude={"password"})
    if User.objects.filter(email=email.strip().lower()).exists():
        raise ValidationError("an account has this address already")
    with transaction.atomic():
        user = User.objects.create_superuser(email, password, name=name)
        record("operator.created", target=str(user.pk), actor=actor, at=at)
    return user


def add_member(*, merchant: Merchant, user: User, role: Role, actor: Actor, at: datetime) -> Membership:
    """Give a user a role at a merchant, or another role than before. Raises InvalidRequest for a sandbox: roles hold for both modes."""
    if not merchant.is_live:
        raise InvalidRequest(errors=[InvalidMember("/merchant", "not_live", "name the live merchant; the role holds in its sandbox too")])
    with transaction.atomic():
        membership, _created = Membership.objects.update_or_create(
            user=user, merchant=merchant, defaults={"role": role}, create_defaults={"role": role, "created_at": at}
        )
        record("membership.given", target=str(user.pk), merchant=merchant.public_id, actor=actor, at=at, role=role)
    return membership


def addresses_of_members(company_id: int, roles: Collection[Role]) -> list[str]:
    """Return the e-mail addresses of a company's members with one of these roles, in order; of those who may still log in."""
    members = Membership.objects.filter(merchant_id=company_id, role__in=roles, user__is_active=True)
    return list(members.order_by("user__email").values_list("user__email", flat=True))
