import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Level",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("required_documents", models.JSONField(help_text="doc_types, in the order in which they are asked for")),
                (
                    "passport_needs_back",
                    models.BooleanField(default=True, help_text="false: a customer who holds a passport is not asked for ID_BACK"),
                ),
                ("provider", models.CharField(default="sandbox", max_length=40)),
                (
                    "minimum_age",
                    models.PositiveSmallIntegerField(
                        default=18, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(120)]
                    ),
                ),
                (
                    "review_suspects",
                    models.BooleanField(default=False, help_text="true: a person decides on suspected fraud; false: it is declined"),
                ),
                (
                    "check_hours_max",
                    models.PositiveSmallIntegerField(default=24, help_text="a check without an answer by then becomes a review"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=40, unique=True)),
                ("type", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("customer_pk", models.BigIntegerField(null=True)),
                (
                    "sequence",
                    models.BigIntegerField(
                        help_text="the customer's own count of changes, given under its row lock; null for a mere look", null=True
                    ),
                ),
                ("status", models.CharField(blank=True, help_text="the customer's status after the change", max_length=16)),
                ("previous_status", models.CharField(blank=True, max_length=16)),
                (
                    "actor_kind",
                    models.CharField(
                        choices=[
                            ("api_key", "api_key"),
                            ("end_user", "end_user"),
                            ("member", "member"),
                            ("operator", "operator"),
                            ("provider", "provider"),
                            ("system", "system"),
                        ],
                        max_length=16,
                    ),
                ),
                ("actor_id", models.CharField(max_length=64)),
                ("data", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [models.Index(fields=["type", "at"], name="event_type_at"), models.Index(fields=["at"], name="event_at")],
                "constraints": [
                    models.UniqueConstraint(fields=("customer_pk", "sequence"), name="event_sequence_once_per_customer"),
                    models.CheckConstraint(
                        condition=models.Q(("sequence__isnull", True), ("customer_pk__isnull", False), _connector="OR"),
                        name="event_sequence_only_of_customer",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "uid",
                    models.CharField(help_text="opaque; binds sealed values, names the person to providers", max_length=40, unique=True),
                ),
                ("customer_id", models.CharField(help_text="the merchant's own id", max_length=128, unique=True)),
                ("identity_document_type", models.CharField(blank=True, help_text="decides whether a back is needed", max_length=24)),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "Pending"), ("verified", "Verified"), ("rejected", "Rejected")],
                        default="pending",
                        max_length=16,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("collecting", "Collecting"),
                            ("submitted", "Submitted"),
                            ("checking", "Checking"),
                            ("in_review", "In Review"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("resubmit", "Resubmit"),
                            ("expired", "Expired"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="collecting",
                        max_length=16,
                    ),
                ),
                ("sequence", models.BigIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("tokens_valid_from", models.DateTimeField(help_text="end-user tokens issued before this moment are revoked")),
                ("name_sealed", models.BinaryField()),
                ("email_sealed", models.BinaryField()),
                ("phone_number_sealed", models.BinaryField()),
                ("date_of_birth_sealed", models.BinaryField()),
                ("address_sealed", models.BinaryField()),
                ("identity_document_sealed", models.BinaryField()),
                ("metadata_sealed", models.BinaryField()),
                ("email_index", models.BinaryField(null=True)),
                ("phone_number_index", models.BinaryField(null=True)),
                ("document_number_index", models.BinaryField(null=True)),
                ("level", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="verification.level")),
            ],
        ),
        migrations.CreateModel(
            name="ProviderCallback",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=40)),
                ("event_id", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=64)),
                ("check_reference", models.CharField(max_length=200)),
                ("received_at", models.DateTimeField()),
                ("handled_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="callback_due")],
                "constraints": [
                    models.UniqueConstraint(fields=("provider", "event_id"), name="callback_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("due_at__isnull", False), ("handled_at__isnull", True)),
                            models.Q(("due_at__isnull", True), ("handled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="callback_due_until_handled",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=40, unique=True)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("collecting", "Collecting"),
                            ("submitted", "Submitted"),
                            ("checking", "Checking"),
                            ("in_review", "In Review"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("resubmit", "Resubmit"),
                            ("expired", "Expired"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="collecting",
                        max_length=16,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_kind", models.CharField(blank=True, max_length=16)),
                ("reasons", models.JSONField(default=list, help_text="codes of the reasons that belong to no single document")),
                ("due_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verifications", to="verification.customer"
                    ),
                ),
                ("level", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="verification.level")),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=40, unique=True)),
                ("opened_at", models.DateTimeField()),
                ("because", models.JSONField(default=list, help_text="codes of the reasons why a person is asked")),
                (
                    "decision",
                    models.CharField(
                        blank=True, choices=[("approve", "Approve"), ("decline", "Decline"), ("resubmit", "Resubmit")], max_length=16
                    ),
                ),
                ("reasons", models.JSONField(default=list, help_text="codes that the reviewer gave, by document or for the whole")),
                ("decided_at", models.DateTimeField(null=True)),
                ("decided_by_kind", models.CharField(blank=True, max_length=16)),
                ("decided_by_id", models.CharField(blank=True, max_length=64)),
                (
                    "closed_at",
                    models.DateTimeField(help_text="the case went away without a decision: cancelled, or data changed", null=True),
                ),
                (
                    "verification",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reviews", to="verification.verification"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(help_text="the idempotency key that the provider gets", max_length=40, unique=True)),
                ("number", models.PositiveIntegerField(help_text="1, 2, … within the verification")),
                ("provider", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reserved", "Reserved"),
                            ("submitted", "Submitted"),
                            ("answered", "Answered"),
                            ("failed", "Failed"),
                            ("superseded", "Superseded"),
                        ],
                        default="reserved",
                        max_length=16,
                    ),
                ),
                ("reference", models.CharField(blank=True, help_text="the provider's id of the check", max_length=200)),
                ("progress", models.JSONField(default=dict, help_text="remote ids as soon as they are known")),
                ("submission_ids", models.JSONField(help_text="which submissions were asked about")),
                ("attempts", models.PositiveIntegerField(default=0, help_text="failed calls since the last that worked")),
                ("last_error", models.CharField(blank=True, help_text="the class of the last error", max_length=24)),
                ("created_at", models.DateTimeField()),
                ("submitted_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                ("deadline_at", models.DateTimeField(help_text="without an answer by then, a person decides")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("clear", "Clear"), ("rejected", "Rejected"), ("suspect", "Suspect"), ("unsure", "Unsure")],
                        max_length=16,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("result_version", models.PositiveIntegerField(default=0)),
                ("raw_sealed", models.BinaryField(help_text="the provider's answer as it came, sealed with the customer's key", null=True)),
                ("raw_sha256", models.CharField(blank=True, max_length=64)),
                (
                    "verification",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="checks", to="verification.verification"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DocumentSubmission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=40, unique=True)),
                (
                    "doc_type",
                    models.CharField(
                        choices=[
                            ("ID_FRONT", "Id Front"),
                            ("ID_BACK", "Id Back"),
                            ("PROOF_OF_ADDRESS", "Proof Of Address"),
                            ("SELFIE", "Selfie"),
                        ],
                        max_length=24,
                    ),
                ),
                ("object_key", models.CharField(max_length=200, unique=True)),
                ("sha256", models.CharField(help_text="of the opened bytes, as they are handed on", max_length=64)),
                ("size_bytes", models.PositiveIntegerField()),
                ("media_type", models.CharField(max_length=40)),
                ("created_at", models.DateTimeField()),
                ("submitted_by_kind", models.CharField(max_length=16)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[("clear", "Clear"), ("rejected", "Rejected"), ("suspect", "Suspect"), ("unsure", "Unsure")],
                        help_text="blank until somebody has decided",
                        max_length=16,
                    ),
                ),
                ("reasons", models.JSONField(default=list)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="verification.customer"),
                ),
                (
                    "verification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="submissions", to="verification.verification"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("owed", "Owed"), ("delivered", "Delivered"), ("exhausted", "Exhausted"), ("cancelled", "Cancelled")],
                        default="owed",
                        max_length=16,
                    ),
                ),
                ("attempt_count", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("delivered_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(help_text="also the lease: a sender moves it ahead while it posts", null=True)),
                (
                    "event",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="verification.event"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("at", models.DateTimeField()),
                ("status_code", models.PositiveSmallIntegerField(help_text="null: no answer came", null=True)),
                (
                    "failure",
                    models.CharField(
                        blank=True, help_text="timeout, dns, refused_address, connection, tls, protocol, status", max_length=24
                    ),
                ),
                ("duration_ms", models.PositiveIntegerField()),
                ("answer_start", models.BinaryField(default=b"")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="verification.webhookdelivery"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(max_length=40, unique=True)),
                ("place", models.PositiveSmallIntegerField(null=True, unique=True)),
                ("url", models.CharField(max_length=2048)),
                ("event_types", models.JSONField(default=list, help_text="empty: every type")),
                ("secret_sealed", models.BinaryField()),
                (
                    "state",
                    models.CharField(
                        choices=[("enabled", "Enabled"), ("disabled", "Disabled"), ("deleted", "Deleted")], default="enabled", max_length=16
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("disabled_at", models.DateTimeField(null=True)),
                ("disabled_because", models.CharField(blank=True, max_length=24)),
                ("failing_since", models.DateTimeField(help_text="the first failure after the last success", null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["created_at", "id"], name="endpoint_page")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["enabled", "disabled", "deleted"])), name="endpoint_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("place__isnull", True), ("state", "deleted")),
                            models.Q(models.Q(("state", "deleted"), _negated=True), ("place__gte", 1), ("place__lte", 16)),
                            _connector="OR",
                        ),
                        name="endpoint_place_iff_not_deleted",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="verification.webhookendpoint"
            ),
        ),
        migrations.CreateModel(
            name="CustomerKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_number", models.PositiveSmallIntegerField(help_text="stands in each ciphertext; the highest one seals")),
                ("wrapped", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                (
                    "customer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="verification.customer"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("customer", "key_number"), name="customer_key_once")],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "doc_type",
                    models.CharField(
                        choices=[
                            ("ID_FRONT", "Id Front"),
                            ("ID_BACK", "Id Back"),
                            ("PROOF_OF_ADDRESS", "Proof Of Address"),
                            ("SELFIE", "Selfie"),
                        ],
                        max_length=24,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("missing", "Missing"), ("submitted", "Submitted"), ("verified", "Verified"), ("rejected", "Rejected")],
                        default="missing",
                        max_length=16,
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True)),
                ("reasons", models.JSONField(default=list)),
                (
                    "customer",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="documents", to="verification.customer"),
                ),
                (
                    "submission",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="verification.documentsubmission"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("customer", "doc_type"), name="document_once_per_customer"),
                    models.CheckConstraint(
                        condition=models.Q(("doc_type__in", ["ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE"])),
                        name="document_doc_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "missing"), ("submission__isnull", True)),
                            models.Q(("state__in", ["submitted", "verified", "rejected"]), ("submission__isnull", False)),
                            _connector="OR",
                        ),
                        name="document_has_submission_unless_missing",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["created_at", "id"], name="customer_page"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["status", "created_at", "id"], name="customer_status_page"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["email_index"], name="customer_email"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["phone_number_index"], name="customer_phone"),
        ),
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(fields=["document_number_index"], name="customer_document_number"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "verified", "rejected"])), name="customer_status_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        ["collecting", "submitted", "checking", "in_review", "approved", "declined", "resubmit", "expired", "cancelled"],
                    )
                ),
                name="customer_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(condition=models.Q(("sequence__gte", 0)), name="customer_sequence_not_negative"),
        ),
        migrations.AddIndex(
            model_name="verification",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="verification_due"),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "stage__in",
                        ["collecting", "submitted", "checking", "in_review", "approved", "declined", "resubmit", "expired", "cancelled"],
                    )
                ),
                name="verification_stage_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", False), ("stage__in", ["approved", "declined"])),
                    ("stage", "expired"),
                    models.Q(models.Q(("stage__in", ["approved", "declined", "expired"]), _negated=True), ("decided_at__isnull", True)),
                    _connector="OR",
                ),
                name="verification_decided_at_iff_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage__in", ["checking", "collecting", "in_review", "resubmit", "submitted"])),
                fields=("customer",),
                name="verification_one_open_per_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="review",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True), ("decided_at__isnull", True)), fields=["opened_at"], name="review_queue"
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True), ("decided_at__isnull", True)),
                fields=("verification",),
                name="review_one_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", ""), ("decided_at__isnull", True)),
                    models.Q(models.Q(("decision", ""), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="review_decided_iff_decision",
            ),
        ),
        migrations.AddConstraint(
            model_name="providercheck",
            constraint=models.UniqueConstraint(fields=("verification", "number"), name="check_number_once"),
        ),
        migrations.AddConstraint(
            model_name="providercheck",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["reserved", "submitted"])), fields=("verification",), name="check_one_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="providercheck",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reference", ""), _negated=True), fields=("provider", "reference"), name="check_reference_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="providercheck",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["reserved", "submitted", "answered", "failed", "superseded"])), name="check_state_known"
            ),
        ),
        migrations.AddIndex(
            model_name="documentsubmission",
            index=models.Index(fields=["customer", "created_at", "id"], name="submission_history"),
        ),
        migrations.AddConstraint(
            model_name="documentsubmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("doc_type__in", ["ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE"])),
                name="submission_doc_type_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="documentsubmission",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "clear", "rejected", "suspect", "unsure"])), name="submission_outcome_known"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(fields=["delivery", "number"], name="attempt_of_delivery"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="delivery_due"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["endpoint", "due_at"], name="delivery_due_of_endpoint"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(fields=("endpoint", "event"), name="delivery_once"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", False), ("state", "owed")),
                    models.Q(models.Q(("state", "owed"), _negated=True), ("due_at__isnull", True)),
                    _connector="OR",
                ),
                name="delivery_due_iff_owed",
            ),
        ),
    ]
