"""The merchant that this thread acts for, by value. It is read once, when it is entered, and from then on no query needs `public`."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from kyc_platform.schema import NoSchema, current_schema
from tenants.merchants.models import Merchant
from tenants.merchants.states import MerchantState


@dataclass(frozen=True, slots=True)
class MerchantContext:
    """What requests and tasks need to know of the merchant they act for. `company_id` is the live merchant's id in both modes."""

    merchant_id: int
    company_id: int
    public_id: str
    schema: str
    livemode: bool
    state: MerchantState
    slug: str
    name: str
    time_zone: str
    plan: str
    wrapped_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """A merchant that was entered, with its key unwrapped."""

    context: MerchantContext
    key: bytes = field(repr=False)


ENTERED: ContextVar[Entered | None] = ContextVar("entered_merchant", default=None)


def context_of(merchant: Merchant) -> MerchantContext:
    """Return the merchant's row as a context."""
    return MerchantContext(
        merchant_id=merchant.pk,
        company_id=merchant.sandbox_of_id or merchant.pk,
        public_id=merchant.public_id,
        schema=merchant.schema_name,
        livemode=merchant.is_live,
        state=MerchantState(merchant.state),
        slug=merchant.slug,
        name=merchant.name,
        time_zone=merchant.time_zone,
        plan=merchant.plan,
        wrapped_key=bytes(merchant.wrapped_key),
    )


def current_merchant() -> MerchantContext:
    """Return the merchant this thread acts for. Raises NoSchema outside, and when the connection is in another schema than it should."""
    return _entered().context


def current_merchant_key() -> bytes:
    """Return the current merchant's key (32 bytes). Reads nothing. Raises NoSchema."""
    return _entered().key


def _entered() -> Entered:
    entered = ENTERED.get()
    if entered is None:
        raise NoSchema("no merchant has been entered")
    if entered.context.schema != current_schema():
        raise NoSchema("the connection is not in the schema of the merchant that was entered")
    return entered
