"""Every merchant's schema can move to another machine; and what looks for the contrary finds it."""

import pytest
from django.db import connection

from tenants.merchants.portability import portability_findings


def test_a_merchants_schema_is_portable(merchant):
    assert portability_findings(merchant.schema_name) == []


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("CREATE TABLE {schema}.loose (a int)", "without a primary key"),
        ("CREATE TABLE {schema}.tied (id bigint PRIMARY KEY REFERENCES public.tenants_merchant (id))", "leaves the schema"),
        ("CREATE TABLE {schema}.small (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY)", "identity of 32 bits"),
        ("CREATE TABLE {schema}.random (id uuid PRIMARY KEY DEFAULT gen_random_uuid())", "volatile"),
        ("CREATE TABLE {schema}.child (PRIMARY KEY (id)) INHERITS ({schema}.verification_level)", "inherits"),
        ("CREATE RULE never AS ON DELETE TO {schema}.verification_level DO INSTEAD NOTHING", "a rule"),
        (
            "CREATE TRIGGER t AFTER INSERT ON {schema}.verification_level EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "a trigger",
        ),
    ],
)
def test_what_breaks_a_rule_is_found(merchant, statement, finding):
    with connection.cursor() as cursor:
        cursor.execute(statement.format(schema=merchant.schema_name))

    findings = portability_findings(merchant.schema_name)

    assert len(findings) == 1
    assert finding in findings[0]
