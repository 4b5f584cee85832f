"""The ways into a merchant's schema. Each begins with exactly one proof, and each is left again whatever happens."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from kyc_platform.errors import DomainError
from kyc_platform.schema import inside_schema
from kyc_platform.short_cache import ShortCache
from tenants.merchants.keys import unwrapped_key
from tenants.merchants.models import Domain, Merchant
from tenants.merchants.revocation import local_epoch
from tenants.merchants.states import Mode, require_serving, require_working
from tenants.routing.context import ENTERED, Entered, MerchantContext, context_of
from tenants.routing.startup import require_safe_database

KEPT_MERCHANTS = 4096
KEPT_HOSTS = 1024
NOBODY = 0


class UnknownMerchant(DomainError):
    """No merchant has this schema or name."""

    code = "unknown_merchant"
    title = "There is no such merchant"
    http_status = 404
    remedy = "The merchant of this address or token is gone; nothing can be done with it any more."


class DomainMismatch(DomainError):
    """The request came to one merchant's own domain with the proof of another."""

    code = "domain_mismatch"
    title = "This key or token does not belong to the merchant of this host name"
    http_status = 403
    remedy = "Call the platform's own host name, or that of the merchant whose key or token it is."


class TwoMerchants(RuntimeError):
    """A programming error: a request proved itself for one merchant and then tried to enter another."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    context: MerchantContext
    epoch: int


_by_schema: ShortCache[str, _Remembered] = ShortCache(size=KEPT_MERCHANTS)
_company_of_host: ShortCache[str, int] = ShortCache(size=KEPT_HOSTS)


@contextmanager
def enter_merchant(context: MerchantContext) -> Iterator[MerchantContext]:
    """Act for a merchant: its schema alone in the search path, its key at hand, its id in the logs.

    Raises NoSchema inside a transaction of another schema, UnsafeDatabase, and RootKeyUnavailable when the key service is away.
    Does not ask whether the merchant is served: those who found the context have.
    """
    require_safe_database()
    key = unwrapped_key(context.public_id, context.wrapped_key)
    with inside_schema(context.schema), structlog.contextvars.bound_contextvars(merchant=context.public_id):
        token = ENTERED.set(Entered(context, key))
        try:
            yield context
        finally:
            ENTERED.reset(token)


@contextmanager
def leave_merchant() -> Iterator[None]:
    """Act for nobody for a while, in `public`; afterwards for the same merchant again. Never inside a transaction."""
    with inside_schema("public"):
        token = ENTERED.set(None)
        try:
            yield
        finally:
            ENTERED.reset(token)


def merchant_context(schema: str) -> MerchantContext:
    """Return the merchant with this schema, as it was at most `settings.API_KEY_CACHE_SECONDS` ago. Raises UnknownMerchant.

    Never inside a merchant's transaction: it may read `public`.
    """
    remembered = _by_schema.get(schema)
    epoch = local_epoch()
    if remembered is not None and remembered.epoch == epoch:
        return remembered.context
    with leave_merchant():
        merchant = Merchant.objects.filter(schema_name=schema).first()
    if merchant is None:
        raise UnknownMerchant(f"no merchant has the schema {schema}")
    context = context_of(merchant)
    _by_schema.put(schema, _Remembered(context, epoch), seconds=settings.API_KEY_CACHE_SECONDS)
    return context


def serving_context(schema: str) -> MerchantContext:
    """Return the merchant for a request: raises UnknownMerchant, MerchantNotOpen, MerchantSuspended or MerchantClosed."""
    context = merchant_context(schema)
    require_serving(context.state)
    return context


def working_context(schema: str) -> MerchantContext:
    """Return the merchant for background work or a callback, which go on while it is suspended. Raises as `serving_context` else."""
    context = merchant_context(schema)
    require_working(context.state)
    return context


@contextmanager
def enter_schema_of_task(schema: str) -> Iterator[MerchantContext]:
    """Enter the merchant that a background task names. Raises UnknownMerchant, MerchantNotOpen or MerchantClosed."""
    with enter_merchant(working_context(schema)) as context:
        yield context


@contextmanager
def enter_by_slug(slug: str, *, mode: Mode = Mode.LIVE) -> Iterator[MerchantContext]:
    """Enter a merchant for an operator's command, by slug and mode. Raises UnknownMerchant, MerchantNotOpen or MerchantClosed."""
    schema = Merchant.objects.filter(slug=slug, mode=mode).values_list("schema_name", flat=True).first()
    if schema is None:
        raise UnknownMerchant(f"no {mode} merchant is called {slug}")
    with enter_merchant(working_context(schema)) as context:
        yield context


def working_schemas() -> list[str]:
    """Return the schemas in which background work goes on, in the order of their opening. Reads `public`."""
    return list(Merchant.objects.filter(state__in=["active", "suspended"]).order_by("pk").values_list("schema_name", flat=True))


def enter_for_request(request: HttpRequest, context: MerchantContext) -> None:
    """Act for a merchant until the request is answered; `PublicSchemaMiddleware` leaves it again.

    Authentication calls this with the merchant of the one proof it found. Raises DomainMismatch (403) when the request's host
    is another merchant's own, and TwoMerchants when the request has entered another one already.
    """
    stack: ExitStack = request.merchant_stack  # type: ignore[attr-defined]  # the middleware put it there
    entered = ENTERED.get()
    if entered is not None:
        if entered.context.schema != context.schema:
            raise TwoMerchants("a request acts for one merchant")
        return
    require_host_of(request, context)
    stack.enter_context(enter_merchant(context))
    request.acted_for.update(schema=context.schema, merchant=context.public_id)  # type: ignore[attr-defined]  # for the request's log line


def is_remembered_host_of(host: str, context: MerchantContext) -> bool:
    """Tell whether a host name was lately found to serve this merchant. False says only that it would have to be looked up."""
    return _company_of_host.get(host) in (NOBODY, context.company_id)


def require_host_of(request: HttpRequest, context: MerchantContext) -> None:
    """Raise DomainMismatch when the request came to another merchant's own domain. Domains are remembered for a few seconds."""
    host = split_domain_port(request.get_host())[0]
    company = _company_of_host.get(host)
    if company is None:
        found = Domain.objects.filter(domain=host).values_list("tenant_id", "tenant__sandbox_of_id").first()
        company = NOBODY if found is None else found[1] or found[0]
        _company_of_host.put(host, company, seconds=settings.API_KEY_CACHE_SECONDS)
    if company not in (NOBODY, context.company_id):
        raise DomainMismatch
