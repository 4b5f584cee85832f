from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0005_sandbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApiRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request_id", models.CharField(help_text="the header Request-Id of its answer", max_length=40, unique=True)),
                ("at", models.DateTimeField(help_text="when it was answered")),
                ("key", models.CharField(help_text="the prefix of the API key", max_length=32)),
                ("method", models.CharField(max_length=10)),
                ("route", models.CharField(max_length=200)),
                ("status", models.PositiveSmallIntegerField()),
                ("duration_ms", models.FloatField()),
                ("idempotency_key", models.CharField(blank=True, max_length=255)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-at", "-id"], name="api_request_newest_first"),
                    models.Index(fields=["key", "-at", "-id"], name="api_request_of_a_key"),
                ],
            },
        ),
    ]
