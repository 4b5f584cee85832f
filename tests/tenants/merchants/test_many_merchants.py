"""What must not grow with the number of merchants: the statements that open one more, and those that ask who is behind."""

from collections.abc import Callable
from math import ceil

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.merchants.behind import SCHEMAS_PER_QUERY, schemas_behind
from tenants.merchants.models import Merchant
from tests.fixtures.merchants import a_merchant

MORE = 37


def statements(call: Callable[[], object]) -> int:
    """Return how many statements a call sends to the database, without those that only choose the schema."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return len([query for query in captured if not query["sql"].startswith("SET search_path")])


def test_opening_a_merchant_takes_as_many_statements_after_forty_others_as_after_three() -> None:
    for _ in range(3):
        a_merchant()
    early = statements(a_merchant)
    for _ in range(MORE):
        a_merchant()

    assert statements(a_merchant) == early


@pytest.mark.parametrize("count", [1, SCHEMAS_PER_QUERY, SCHEMAS_PER_QUERY + 1, 2 * SCHEMAS_PER_QUERY + 1])
def test_asking_who_is_behind_takes_two_statements_for_every_five_hundred_schemas(merchant: Merchant, count: int) -> None:
    schemas = [merchant.schema_name] * count

    assert statements(lambda: schemas_behind(schemas)) == 2 * ceil(count / SCHEMAS_PER_QUERY)
