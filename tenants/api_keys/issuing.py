"""Issuing, rotating and revoking API keys. The secret exists here once, in the returned value, and nowhere afterwards."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict, InvalidMember, InvalidRequest
from tenants.api_keys.models import MerchantApiKey
from tenants.api_keys.scopes import known_scopes
from tenants.merchants.models import Merchant
from tenants.merchants.revocation import announce_revocation
from tenants.merchants.states import MerchantState, require_working
from tenants.platform_log.models import record

NAME_CHARACTERS_MAX = 50
OVERLAP_SECONDS_MAX = 30 * 24 * 3600


class KeyIsRevoked(Conflict):
    """The key is revoked, which cannot be undone; issue a new one."""

    code = "key_is_revoked"
    title = "This key is revoked; issue a new one"


@dataclass(frozen=True)
class IssuedKey:
    """A new key: its row, and the text to hand over, which cannot be shown again."""

    key: MerchantApiKey
    secret: str = field(repr=False)


def issue_key(
    *,
    merchant: Merchant,
    name: str,
    scopes: Iterable[str],
    expires_at: datetime | None = None,
    ip_allow_list: Iterable[str] = (),
    actor: Actor,
    at: datetime,
) -> IssuedKey:
    """Give a merchant, in the mode of its row, a new key.

    Raises InvalidRequest (422) for unknown scopes, a name or network that is none, or an expiry in the past; MerchantClosed or
    MerchantNotOpen (403).
    """
    require_working(MerchantState(merchant.state))
    fields = {"name": valid_name(name), "scopes": known_scopes(scopes), "ip_allow_list": valid_networks(ip_allow_list)}
    if expires_at is not None and expires_at <= at:
        raise InvalidRequest(errors=[InvalidMember("/expires_at", "in_the_past", "choose a moment to come, or none")])
    with transaction.atomic():
        key, secret = MerchantApiKey.objects.create_key(merchant=merchant, expiry_date=expires_at, **fields)
        _record("api_key.issued", key, actor=actor, at=at, name=key.name, scopes=key.scopes)
    return IssuedKey(key, secret)


def rotate_key(*, key: MerchantApiKey, overlap_seconds: int, expires_at: datetime | None = None, actor: Actor, at: datetime) -> IssuedKey:
    """Issue a key with the same name, scopes and networks; the old one works for `overlap_seconds` more, or until it would have expired.

    Raises InvalidRequest for an overlap that is negative or over 30 days, and KeyIsRevoked (409).
    """
    if not 0 <= overlap_seconds <= OVERLAP_SECONDS_MAX:
        raise InvalidRequest(errors=[InvalidMember("/overlap_seconds", "out_of_range", f"0 to {OVERLAP_SECONDS_MAX} seconds")])
    with transaction.atomic():
        old = _locked(key)
        if old.revoked:
            raise KeyIsRevoked
        issued = issue_key(
            merchant=old.merchant,
            name=old.name,
            scopes=old.scopes,
            expires_at=expires_at,
            ip_allow_list=old.ip_allow_list,
            actor=actor,
            at=at,
        )
        MerchantApiKey.objects.filter(pk=issued.key.pk).update(rotated_from=old)
        end = at + timedelta(seconds=overlap_seconds)
        old.expiry_date = min(end, old.expiry_date) if old.expiry_date else end
        old.save(update_fields=["expiry_date"])
        _record("api_key.rotated", old, actor=actor, at=at, successor=issued.key.prefix, overlap_seconds=overlap_seconds)
    announce_revocation(old.merchant.schema_name)
    return issued


def revoke_key(*, key: MerchantApiKey, actor: Actor, at: datetime) -> None:
    """Stop a key for good: here at once, everywhere within `settings.API_KEY_CACHE_SECONDS`. Safe to repeat."""
    with transaction.atomic():
        row = _locked(key)
        if row.revoked:
            return
        row.revoked, row.revoked_at = True, at
        row.save(update_fields=["revoked", "revoked_at"])
        _record("api_key.revoked", row, actor=actor, at=at)
    announce_revocation(row.merchant.schema_name)


def valid_name(name: str) -> str:
    """Return the name without surrounding blanks. Raises InvalidRequest."""
    stripped = name.strip()
    if not 0 < len(stripped) <= NAME_CHARACTERS_MAX:
        remedy = f"1 to {NAME_CHARACTERS_MAX} characters that say what the key is for"
        raise InvalidRequest(errors=[InvalidMember("/name", "invalid", remedy)])
    return stripped


def valid_networks(texts: Iterable[str]) -> list[str]:
    """Return the networks in their canonical form; a single address is a network of one. Raises InvalidRequest."""
    networks = []
    for index, text in enumerate(texts):
        try:
            networks.append(str(ipaddress.ip_network(text.strip())))
        except ValueError:
            remedy = "write an address or a network without host bits, like 192.0.2.0/24 or 2001:db8::/32"
            raise InvalidRequest(errors=[InvalidMember(f"/ip_allow_list/{index}", "not_a_network", remedy)]) from None
    return networks


def _locked(key: MerchantApiKey) -> MerchantApiKey:
    row: MerchantApiKey = MerchantApiKey.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=key.pk)
    return row


def _record(action: str, key: MerchantApiKey, *, actor: Actor, at: datetime, **details: str | int | list[str]) -> None:
    record(action, target=key.prefix, merchant=key.merchant.company_public_id, actor=actor, at=at, **details)
