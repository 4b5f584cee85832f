"""What the operator's commands share: who acts, how a merchant is named, and errors as one line."""

import getpass
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from kyc_platform.actor import Actor, ActorKind
from kyc_platform.errors import DomainError
from tenants.api_keys.models import MerchantApiKey
from tenants.merchants.models import Merchant
from tenants.merchants.states import Mode


def command_line_actor() -> Actor:
    """Return the operating system's user as the actor."""
    return Actor(ActorKind.OPERATOR, f"command-line:{getpass.getuser()}"[:64])


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Turn a named error into the command's message and exit status 1."""
    try:
        yield
    except DomainError as error:
        members = "; ".join(f"{member.pointer.lstrip('/')}: {member.detail}" for member in error.errors)
        raise CommandError(": ".join(filter(None, (error.detail, members)))) from None


def add_merchant_arguments(parser: ArgumentParser) -> None:
    """Let a command name a merchant."""
    parser.add_argument("slug", help="the merchant's slug")
    parser.add_argument("--sandbox", action="store_true", help="its sandbox instead of its live data")


def merchant_named(slug: str, *, sandbox: bool = False) -> Merchant:
    """Return the merchant. Raises CommandError."""
    merchant: Merchant | None = Merchant.objects.filter(slug=slug, mode=Mode.SANDBOX if sandbox else Mode.LIVE).first()
    if merchant is None:
        raise CommandError(f"there is no merchant {slug}")
    return merchant


def key_with_prefix(text: str) -> MerchantApiKey:
    """Return the key with this prefix; a whole key is taken too, its secret is not looked at. Raises CommandError."""
    prefix = text.partition(".")[0]
    key: MerchantApiKey | None = MerchantApiKey.objects.filter(prefix=prefix).first()
    if key is None:
        raise CommandError(f"there is no key {prefix}")
    return key
