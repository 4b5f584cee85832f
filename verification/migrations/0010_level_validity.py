from django.db import migrations, models

YEARLY = "UPDATE verification_level SET valid_days = 365 WHERE name = 'enhanced'"


class Migration(migrations.Migration):
    """A nullable column, which no table is written anew for. Who is verified more deeply is asked again every year."""

    dependencies = [("verification", "0009_fewer_webhook_indexes")]
    operations = [
        migrations.AddField(
            model_name="level",
            name="valid_days",
            field=models.PositiveIntegerField(
                null=True, help_text="how long an approval is believed; null: until the identity document expires"
            ),
        ),
        migrations.RunSQL(YEARLY, migrations.RunSQL.noop),
    ]
