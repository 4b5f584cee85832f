import django.db.models.deletion
from django.db import migrations, models

DELIVERIES, ATTEMPTS = "verification_webhookdelivery", "verification_webhookattempt"
NEW = "delivery_once_by_event"
# Names as Django made them. What was begun by a run that was killed is made anew: an index that was not finished stays behind invalid.
FORWARDS = (
    f"DROP INDEX CONCURRENTLY IF EXISTS {NEW}",
    f"CREATE UNIQUE INDEX CONCURRENTLY {NEW} ON {DELIVERIES} (event_id, endpoint_id)",
    f"ALTER TABLE {DELIVERIES} DROP CONSTRAINT IF EXISTS delivery_once, ADD CONSTRAINT delivery_once UNIQUE USING INDEX {NEW}",
    f"DROP INDEX CONCURRENTLY IF EXISTS {DELIVERIES}_endpoint_id_04063d74",
    f"DROP INDEX CONCURRENTLY IF EXISTS {DELIVERIES}_event_id_418fa469",
    f"DROP INDEX CONCURRENTLY IF EXISTS {ATTEMPTS}_delivery_id_60dfbc53",
)


class Migration(migrations.Migration):
    """Each delivery writes its row three times, and every index of it: those whose column another index begins with go.

    Senders go on meanwhile, so nothing here holds a table longer than for a moment; therefore no transaction, and it may run twice.
    """

    atomic = False
    dependencies = [("verification", "0008_integration_check")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(statement) for statement in FORWARDS],
            state_operations=[
                migrations.AlterField(
                    model_name="webhookattempt",
                    name="delivery",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="verification.webhookdelivery",
                    ),
                ),
                migrations.AlterField(
                    model_name="webhookdelivery",
                    name="endpoint",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="verification.webhookendpoint",
                    ),
                ),
                migrations.AlterField(
                    model_name="webhookdelivery",
                    name="event",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="verification.event"
                    ),
                ),
                migrations.RemoveConstraint(model_name="webhookdelivery", name="delivery_once"),
                migrations.AddConstraint(
                    model_name="webhookdelivery",
                    constraint=models.UniqueConstraint(fields=("event", "endpoint"), name="delivery_once"),
                ),
            ],
        ),
    ]
