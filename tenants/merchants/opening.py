"""Opening, suspending and closing merchants. Each is a few transactions of one schema, and can be called again after a kill."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict, InvalidMember, InvalidRequest
from tenants.merchants.keys import new_wrapped_key
from tenants.merchants.models import Merchant
from tenants.merchants.names import new_public_id
from tenants.merchants.plans import PlanName, require_plan
from tenants.merchants.revocation import announce_revocation
from tenants.merchants.states import MerchantState, Mode
from tenants.merchants.template import make_schema
from tenants.platform_log.models import record


class SlugTaken(Conflict):
    """Another merchant has this slug."""

    code = "slug_taken"
    title = "Another merchant has this slug; choose another one"


def open_merchant(*, name: str, slug: str, time_zone: str = "UTC", plan: str = PlanName.STANDARD, actor: Actor, at: datetime) -> Merchant:
    """Open a merchant with its sandbox and return the live one, `active`, its `sandbox` beside it.

    The rows come first, then each schema in a transaction of its own, then both rows become active together. A call that finds
    the merchant half open, because an earlier one was killed, finishes it and keeps what that one was told.

    Raises InvalidRequest (422) for a name, slug, time zone or plan that is none, and SlugTaken (409) when it is open already.
    """
    live = Merchant.objects.filter(slug=slug, mode=Mode.LIVE).first()
    if live is None:
        live = write_rows(name=name, slug=slug, time_zone=time_zone, plan=plan, actor=actor, at=at)
    elif live.state != MerchantState.OPENING:
        raise SlugTaken
    return finish_opening(live, actor=actor, at=at)


def write_rows(*, name: str, slug: str, time_zone: str, plan: str, actor: Actor, at: datetime) -> Merchant:
    """Store the live merchant and its sandbox as `opening`, each with a key of its own. Raises InvalidRequest and SlugTaken."""
    fields = {"slug": slug, "name": name, "time_zone": time_zone, "plan": plan, "created_at": at}
    require_plan(plan)
    live, sandbox = new_row(Mode.LIVE, fields), new_row(Mode.SANDBOX, fields)
    require_valid(live)
    try:
        with transaction.atomic():
            live.save()
            sandbox.sandbox_of = live
            sandbox.save()
            record("merchant.opening", target=live.public_id, merchant=live.public_id, actor=actor, at=at, slug=slug)
    except IntegrityError:
        raise SlugTaken from None  # another process wrote it since the caller looked
    return live


def new_row(mode: Mode, fields: dict[str, Any]) -> Merchant:
    """Return a merchant's row in one mode, not stored yet, with a key of its own."""
    public_id = new_public_id()
    return Merchant(public_id=public_id, mode=mode, wrapped_key=new_wrapped_key(public_id), **fields)


def require_valid(merchant: Merchant) -> None:
    """Raise InvalidRequest naming each member that is wrong."""
    try:
        merchant.clean_fields(exclude={"sandbox_of", "wrapped_key"})
    except ValidationError as error:
        raise InvalidRequest(
            errors=[InvalidMember(f"/{member}", "invalid", " ".join(texts)) for member, texts in error.message_dict.items()]
        ) from None


def finish_opening(live: Merchant, *, actor: Actor, at: datetime) -> Merchant:
    """Do what is left of an opening and return the live merchant. Changes nothing for one that is open."""
    for merchant in (live, live.sandbox):
        if merchant.schema_made_at is None:
            make_schema(merchant.schema_name)
            Merchant.objects.filter(pk=merchant.pk).update(schema_made_at=at)
    with transaction.atomic():
        for merchant in both_modes(live):
            if merchant.state == MerchantState.OPENING:
                merchant.move_to(MerchantState.ACTIVE, at=at)
                record("merchant.opened", target=merchant.public_id, merchant=live.public_id, actor=actor, at=at)
    opened: Merchant = Merchant.objects.select_related("sandbox").get(pk=live.pk)
    return opened


def suspend_merchant(*, merchant: Merchant, reason: str, actor: Actor, at: datetime) -> None:
    """Stop serving a merchant in both modes; running background work goes on. Raises IllegalMerchantTransition (409)."""
    move_both(merchant, MerchantState.SUSPENDED, "merchant.suspended", reason=reason, actor=actor, at=at)


def reactivate_merchant(*, merchant: Merchant, reason: str, actor: Actor, at: datetime) -> None:
    """Serve a suspended merchant again. Raises IllegalMerchantTransition (409)."""
    move_both(merchant, MerchantState.ACTIVE, "merchant.reactivated", reason=reason, actor=actor, at=at)


def close_merchant(*, merchant: Merchant, reason: str, actor: Actor, at: datetime) -> None:
    """Stop everything of a merchant in both modes, for good. Exports nothing and deletes nothing: schemas, keys and objects stay.

    First `closing`, which stops requests and work, then `closed`; called again after a kill, it finishes.
    Raises IllegalMerchantTransition (409) for a merchant that is closed or was never opened.
    """
    if live_of(merchant).state != MerchantState.CLOSING:
        move_both(merchant, MerchantState.CLOSING, "merchant.closing", reason=reason, actor=actor, at=at)
    move_both(merchant, MerchantState.CLOSED, "merchant.closed", reason=reason, actor=actor, at=at)


def change_plan(*, merchant: Merchant, plan: str, reason: str, actor: Actor, at: datetime) -> None:
    """Put a merchant on a plan in both modes; its quotas hold within seconds. Raises InvalidRequest (422) for a plan that is none."""
    require_plan(plan)
    live = live_of(merchant)
    with transaction.atomic():
        rows = both_modes(live)
        Merchant.objects.filter(pk__in=[row.pk for row in rows]).update(plan=plan)
        record("merchant.plan_changed", target=live.public_id, merchant=live.public_id, actor=actor, at=at, plan=plan, reason=reason)
    for row in rows:
        announce_revocation(row.schema_name)


def move_both(merchant: Merchant, new: MerchantState, action: str, *, reason: str, actor: Actor, at: datetime) -> None:
    """Move a merchant in both modes, log it, and tell every process."""
    live = live_of(merchant)
    with transaction.atomic():
        rows = both_modes(live)
        for row in rows:
            row.move_to(new, at=at)
        record(action, target=live.public_id, merchant=live.public_id, actor=actor, at=at, reason=reason)
    for row in rows:
        announce_revocation(row.schema_name)


def both_modes(live: Merchant) -> list[Merchant]:
    """Return a company's two rows, the live one first, locked until the transaction ends."""
    return list(Merchant.objects.select_for_update().filter(pk__in=[live.pk, live.sandbox.pk]).order_by("pk"))


def live_of(merchant: Merchant) -> Merchant:
    """Return the live merchant of a row in either mode, as it is now."""
    live: Merchant = Merchant.objects.get(pk=merchant.sandbox_of_id or merchant.pk)
    return live
