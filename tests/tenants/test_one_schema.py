"""The hook that watches the whole suite, tried on transactions that break the rule on purpose."""

import pytest
from django.db import connection, transaction

from tenants.merchants.models import Merchant
from tests.fixtures import one_schema
from tests.fixtures.merchants import inside
from tests.fixtures.one_schema import TwoSchemasInOneTransaction


@pytest.fixture
def on_purpose():
    yield
    assert one_schema.violations
    one_schema.violations.clear()


def test_a_transaction_that_touches_public_and_a_merchant_fails(merchant, on_purpose):
    with inside(merchant), connection.cursor() as cursor, pytest.raises(TwoSchemasInOneTransaction), transaction.atomic():
        cursor.execute("SELECT count(*) FROM verification_customer")
        cursor.execute("SELECT count(*) FROM public.tenants_merchant")


def test_a_transaction_that_touches_two_merchants_fails(merchant, other_merchant, on_purpose):
    with connection.cursor() as cursor, pytest.raises(TwoSchemasInOneTransaction), transaction.atomic():
        for schema in (merchant.schema_name, other_merchant.schema_name):
            cursor.execute(f'SELECT count(*) FROM "{schema}".verification_customer')


def test_two_transactions_of_two_schemas_pass(merchant):
    with transaction.atomic():
        assert Merchant.objects.filter(pk=merchant.pk).exists()
    with inside(merchant), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_migrations")
        assert cursor.fetchone()[0] > 0
