"""The migration that lets indexes go while senders are at work: killed in the middle, it is simply run again."""

import pytest
from django.db import connection

from kyc_platform.schema import inside_schema
from tenants.merchants.migrating import migrate_schema
from tenants.merchants.names import new_schema_name

BEFORE, IT = ("verification", "0008_integration_check"), ("verification", "0009_fewer_webhook_indexes")
TABLES = ["verification_webhookdelivery", "verification_webhookattempt"]
HALF_DONE = {
    "an index that is not finished": (
        "CREATE INDEX delivery_once_by_event ON verification_webhookdelivery (event_id)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'delivery_once_by_event'::regclass",
    ),
    "another constraint already": (
        "CREATE UNIQUE INDEX delivery_once_by_event ON verification_webhookdelivery (event_id, endpoint_id)",
        "ALTER TABLE verification_webhookdelivery DROP CONSTRAINT delivery_once,"
        " ADD CONSTRAINT delivery_once UNIQUE USING INDEX delivery_once_by_event",
        "DROP INDEX verification_webhookdelivery_event_id_418fa469",
    ),
}


def indexes() -> dict[str, str]:
    """Return the columns of each index of the two tables, in the present schema."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, substring(indexdef from '\\((.*?)\\)') FROM pg_indexes"
            " WHERE schemaname = current_schema() AND tablename = ANY(%s)",
            [TABLES],
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("left", HALF_DONE.values(), ids=HALF_DONE)
def test_a_schema_that_a_killed_run_left_half_done_is_finished_by_the_next_one(database: None, left: tuple[str, ...]) -> None:
    schema = new_schema_name()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema}"')
    migrate_schema(schema, targets=[BEFORE])
    with inside_schema(schema), connection.cursor() as cursor:
        for statement in left:
            cursor.execute(statement)

    assert migrate_schema(schema, targets=[IT]) == [IT]

    with inside_schema(schema):
        assert indexes() == {
            "verification_webhookdelivery_pkey": "id",
            "delivery_once": "event_id, endpoint_id",
            "delivery_due": "due_at",
            "delivery_due_of_endpoint": "endpoint_id, due_at",
            "delivery_page": "endpoint_id, created_at, id",
            "verification_webhookattempt_pkey": "id",
            "attempt_of_delivery": "delivery_id, number",
        }
    assert migrate_schema(schema, targets=[IT]) == []
