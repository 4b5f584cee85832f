import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("verification", "0006_request_log"),
    ]

    operations = [
        migrations.CreateModel(
            name="EndpointWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("failing_for_an_hour", "Failing For An Hour"),
                            ("failing_for_a_day", "Failing For A Day"),
                            ("disabled_in_a_day", "Disabled In A Day"),
                            ("disabled", "Disabled"),
                        ],
                        max_length=24,
                    ),
                ),
                ("due_at", models.DateTimeField(help_text="when it is to be given, or mailed again; null once it was mailed", null=True)),
                ("warned_at", models.DateTimeField(help_text="since when the API shows it", null=True)),
                ("mail_count", models.PositiveSmallIntegerField(default=0, help_text="how often it was tried to mail it")),
            ],
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="previous_secret_sealed",
            field=models.BinaryField(help_text="signs too, until previous_secret_until", null=True),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="previous_secret_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "created_at", "id"], name="delivery_page"),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("previous_secret_sealed__isnull", True), ("previous_secret_until__isnull", True)),
                    models.Q(("previous_secret_sealed__isnull", False), ("previous_secret_until__isnull", False)),
                    _connector="OR",
                ),
                name="endpoint_previous_secret_iff_until",
            ),
        ),
        migrations.AddField(
            model_name="endpointwarning",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="warnings", to="verification.webhookendpoint"
            ),
        ),
        migrations.AddIndex(
            model_name="endpointwarning",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="warning_due"),
        ),
        migrations.AddConstraint(
            model_name="endpointwarning",
            constraint=models.UniqueConstraint(fields=("endpoint", "code"), name="warning_once"),
        ),
        migrations.AddConstraint(
            model_name="endpointwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(("code__in", ["failing_for_an_hour", "failing_for_a_day", "disabled_in_a_day", "disabled"])),
                name="warning_code_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="endpointwarning",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at__isnull", False), ("warned_at__isnull", False), _connector="OR"), name="warning_due_or_given"
            ),
        ),
    ]
