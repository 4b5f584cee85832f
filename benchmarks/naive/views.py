"""One customer, read the ordinary way."""

from django.core.cache import cache
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.permissions import BaseHasAPIKey

from tenants.api_keys.models import MerchantApiKey
from verification.customers.models import Customer


class HasMerchantKey(BaseHasAPIKey):
    """The package's permission over the platform's keys."""

    model = MerchantApiKey


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    """The members that stand in the clear."""

    level = serializers.CharField(source="level.name")

    class Meta:
        model = Customer
        fields = ("customer_id", "id", "level", "status", "stage", "sequence", "created_at", "updated_at")


class CustomerDetail(APIView):
    """`/customers/{customer_id}`: a look into Redis, a row from PostgreSQL, a serializer."""

    permission_classes = [HasMerchantKey]

    def get(self, request: Request, customer_id: str) -> Response:
        """Answer 200 with the customer."""
        cache.get("announcement")
        customer = Customer.objects.select_related("level").get(customer_id=customer_id)
        return Response(CustomerSerializer(customer).data)
