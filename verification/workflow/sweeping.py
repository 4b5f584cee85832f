"""How work that nobody was told of is found: through `due_at`, never by looking at every row or every merchant."""

from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Min

from kyc_platform.due import forget_hint, hint
from kyc_platform.schema import current_schema
from tenants.routing.entry import working_schemas
from verification.callbacks.models import ProviderCallback
from verification.customers.stages import Stage
from verification.events.models import UnplacedEvent
from verification.lifecycle.models import Verification
from verification.sandbox.clock import NOT_AT_ALL, ahead_of, world_time
from verification.sandbox.integration_checks import put_off_due
from verification.sandbox.models import IntegrationCheck
from verification.webhooks.models import EndpointWarning, WebhookDelivery

BATCH = 500
SCHEMAS_PER_QUERY = 500
LEASE_SECONDS = 30
DUE_TABLES = (Verification, ProviderCallback, WebhookDelivery, EndpointWarning, UnplacedEvent, IntegrationCheck)


def due_verifications(*, at: datetime) -> list[tuple[int, Stage]]:
    """Take up to BATCH verifications that are due, oldest first, putting each off by a lease, and return them with their stage."""
    with transaction.atomic():
        rows = Verification.objects.select_for_update(skip_locked=True).filter(due_at__lte=at).order_by("due_at")[:BATCH]
        taken = [(row.pk, Stage(row.stage)) for row in rows]
        Verification.objects.filter(pk__in=[pk for pk, _ in taken]).update(due_at=at + timedelta(seconds=LEASE_SECONDS))
    return taken


def due_callbacks(*, at: datetime) -> list[int]:
    """Take up to BATCH callbacks that are due, oldest first, putting each off by a lease."""
    with transaction.atomic():
        rows = ProviderCallback.objects.select_for_update(skip_locked=True).filter(due_at__lte=at).order_by("due_at")[:BATCH]
        taken = [row.pk for row in rows]
        ProviderCallback.objects.filter(pk__in=taken).update(due_at=at + timedelta(seconds=LEASE_SECONDS))
    return taken


def due_integration_checks(*, at: datetime) -> list[str]:
    """Take the integration check whose job was lost, putting it off by as long as one takes."""
    with transaction.atomic():
        return put_off_due(at=at)


def begin_sweep() -> None:
    """Drop the merchant's hint; whatever becomes due from now on hints anew."""
    forget_hint()


def end_sweep() -> None:
    """Hint at what is due next in the current merchant's schema."""
    moments = [table.objects.aggregate(first=Min("due_at"))["first"] for table in DUE_TABLES]
    known = [moment for moment in moments if moment is not None]
    if known:
        hint({current_schema(): world_time(min(known))})


def rebuild_hints() -> int:
    """Make the hints of all serving merchants again from the truth, some hundred schemas a query; return how many have due work."""
    found = 0
    serving = iter(working_schemas())
    while schemas := tuple(islice(serving, SCHEMAS_PER_QUERY)):
        ahead = ahead_of(schemas)
        due_at_of = {schema: due_at - ahead.get(schema, NOT_AT_ALL) for schema, due_at in _first_due(schemas).items()}
        hint(due_at_of)
        found += len(due_at_of)
    return found


def _first_due(schemas: tuple[str, ...]) -> dict[str, datetime]:
    """Return the earliest due moment of each, in that merchant's own time."""
    quote = connection.ops.quote_name
    one = " UNION ALL ".join(
        f"SELECT %s AS schema, min(due_at) AS due_at FROM {quote(schema)}.{quote(table._meta.db_table)}"  # noqa: S608  # quoted names
        for schema in schemas
        for table in DUE_TABLES
    )
    parameters = [schema for schema in schemas for _ in DUE_TABLES]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT schema, min(due_at) FROM ({one}) AS due GROUP BY schema HAVING min(due_at) IS NOT NULL", parameters)  # noqa: S608
        return dict(cursor.fetchall())
