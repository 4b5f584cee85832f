"""What the document says of reconciling."""

from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.customer_schemas import LIVEMODE
from verification.api.documentation.fields import LongField, moment_field, stage_field, status_field
from verification.api.documentation.operation import Answer, operation

PATH = "/api/v1/reconcile"
CUSTOMERS_MAX = 10_000
SEQUENCE_MAX = 2**63 - 1


class KnownCustomerInputSerializer(serializers.Serializer[Any]):
    """What you believe of one of your customers."""

    customer_id = serializers.CharField(min_length=1)
    status = status_field()
    sequence = LongField(min_value=0, max_value=SEQUENCE_MAX, help_text="the last one that you know; 0 if you know none")


class KnownCustomersInputSerializer(serializers.Serializer[Any]):
    """What you believe of your customers, each named once."""

    customers = serializers.ListField(child=KnownCustomerInputSerializer(), max_length=CUSTOMERS_MAX)


class DifferingCustomerSerializer(serializers.Serializer[Any]):
    """Where a customer really stands: put it in the place of what you believed."""

    customer_id = serializers.CharField()
    status = status_field()
    stage = stage_field()
    final = serializers.BooleanField()
    sequence = LongField()
    updated_at = moment_field("when it last changed")


class ReconciliationSerializer(serializers.Serializer[Any]):
    """Exactly what differs from what you believed; who is not named here is as you said."""

    checked = serializers.IntegerField(min_value=0, help_text="how many customers were named")
    differing = DifferingCustomerSerializer(many=True)
    unknown = serializers.ListField(child=serializers.CharField(), help_text="ids that no customer has here")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


ENTRIES = [
    {"customer_id": like.CUSTOMER_ID, "status": "pending", "sequence": 6},
    {"customer_id": "cus-000124", "status": "verified", "sequence": 12},
    {"customer_id": "cus-999999", "status": "pending", "sequence": 0},
]

RECONCILE = operation(
    "reconcile_customers",
    path=PATH,
    tag="Events",
    summary="Compare what you know with what is so",
    description=f"Send what you believe of up to {CUSTOMERS_MAX} customers, as an object or as a bare list, and get exactly those that "
    "differ, with where they stand: after webhooks were lost you are right again after one call. A `sequence` that you were told by a "
    "webhook or shown by the status is right as long as nothing has been told since. Nothing is changed.",
    scope="events:read",
    body=PolymorphicProxySerializer(
        component_name="KnownCustomers",
        serializers=[KnownCustomersInputSerializer, KnownCustomerInputSerializer(many=True)],
        resource_type_field_name=None,
        many=False,
    ),
    bodies={"An object": {"customers": ENTRIES}, "A bare list": ENTRIES},
    answers={
        200: Answer(
            ReconciliationSerializer,
            "What differs.",
            {
                "One was missed, one is unknown": {
                    "checked": 3,
                    "differing": [
                        {
                            "customer_id": like.CUSTOMER_ID,
                            "status": "verified",
                            "stage": "approved",
                            "final": True,
                            "sequence": 12,
                            "updated_at": like.DECIDED,
                        }
                    ],
                    "unknown": ["cus-999999"],
                    "livemode": True,
                },
                "All is as you said": {"checked": 3, "differing": [], "unknown": [], "livemode": True},
            },
        )
    },
    invalid=(InvalidMember("/customers/0/status", "invalid_choice", "Give one of pending, verified, rejected."),),
)
