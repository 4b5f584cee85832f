"""The demonstration's merchant: opened with its sandbox once, with keys and logins that `demo.json` tells its owner."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from kyc_platform.actor import SYSTEM
from kyc_platform.embedded.places import Folder, write_private
from kyc_platform.embedded.state import HOST, State, load_state
from tenants.api_keys.issuing import issue_key
from tenants.api_keys.models import MerchantApiKey
from tenants.api_keys.scopes import ALL_SCOPES
from tenants.members.models import Membership, Role, User
from tenants.merchants.models import Merchant
from tenants.merchants.opening import open_merchant
from tenants.merchants.states import MerchantState, Mode

SLUG = "demonstration"
NAME = "Demonstration Ltd"
OPERATOR_EMAIL = "operator@demonstration.example"
MEMBER_EMAIL = "owner@demonstration.example"


def open_demonstration(folder: Path) -> None:
    """Make sure that the merchant, its keys and its logins are there, and write `demo.json`. Changes nothing the second time."""
    place = Folder(folder)
    state, now = load_state(place), timezone.now()
    known: dict[str, Any] = json.loads(place.demo_file.read_text()) if place.demo_file.exists() else {}
    live = _merchant(now)
    facts = known | {
        "base_url": f"http://{HOST}:{state.ports['web']}",
        "merchant": {"id": live.public_id, "slug": live.slug, "name": live.name},
        "test_api_key": _key(live.sandbox, known.get("test_api_key"), now),
        "live_api_key": _key(live, known.get("live_api_key"), now),
        "provider_url": f"http://{HOST}:{state.ports['provider']}",
        "webhook_receiver_url": f"http://{HOST}:{state.ports['receiver']}",
        **_logins(live, state),
    }
    write_private(place.demo_file, json.dumps(facts, indent=2) + "\n")


def _merchant(now: datetime) -> Merchant:
    live: Merchant | None = Merchant.objects.select_related("sandbox").filter(slug=SLUG, mode=Mode.LIVE).first()
    if live is None or live.state == MerchantState.OPENING:  # the second: an earlier start was interrupted here
        return open_merchant(name=NAME, slug=SLUG, actor=SYSTEM, at=now)
    return live


def _key(merchant: Merchant, known: str | None, now: datetime) -> str:
    """Return the key that is known when the database knows it too, or a new one with every scope."""
    if known is not None:
        row = MerchantApiKey.objects.filter(prefix=known.partition(".")[0], merchant=merchant, revoked=False).first()
        if row is not None and row.is_valid(known) and not row.has_expired:
            return known
    return issue_key(merchant=merchant, name="demonstration", scopes=ALL_SCOPES, actor=SYSTEM, at=now).secret


def _logins(live: Merchant, state: State) -> dict[str, dict[str, str]]:
    """Make sure that an operator and an owner of the merchant can log in with the passwords of this checkout."""
    operator = _user(OPERATOR_EMAIL, state.operator_password, is_operator=True, is_superuser=True)
    owner = _user(MEMBER_EMAIL, state.member_password)
    Membership.objects.get_or_create(user=owner, merchant=live, defaults={"role": Role.OWNER})
    return {
        "operator": {"email": operator.email, "password": state.operator_password},
        "member": {"email": owner.email, "password": state.member_password},
    }


def _user(email: str, password: str, **rights: bool) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        return User.objects.create_user(email, password, **rights)
    if not user.check_password(password):  # the database was there before this checkout
        user.set_password(password)
        user.save(update_fields=["password"])
    return user
