"""What the OpenAPI document says of the report."""

import re

from reporting.api.documentation import EXAMPLE
from reporting.api.serializers import ReportSerializer
from reporting.api.shapes import report_csv
from tests.api.operations import document


def test_every_outcome_has_an_example():
    operation = document()["paths"]["/api/v1/report"]["get"]

    assert {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "query"} == {"start", "end", "format"}
    contents = {(status, kind): content for status, answer in operation["responses"].items() for kind, content in answer["content"].items()}
    assert {kind for status, kind in contents if status == "200"} == {"application/json", "text/csv"}
    assert {kind for status, kind in contents if status != "200"} == {"application/problem+json"}
    assert {"200", "401", "403", "422", "429"} <= set(operation["responses"])
    assert [key for key, content in contents.items() if "examples" not in content] == []


def test_the_example_adds_up_and_is_what_the_serializer_describes():
    assert ReportSerializer(data=EXAMPLE).is_valid(raise_exception=True)
    for figure, member in (("total", "registered"), ("verified", "verified"), ("pending", "pending"), ("rejected", "rejected")):
        assert EXAMPLE["customers"][figure] == sum(day[member] for day in EXAMPLE["daily"])
    assert re.fullmatch(rb"([a-z0-9_]*,[^,\r\n]*,[a-z0-9_]+,[^,\r\n]*\r\n)+", report_csv(EXAMPLE))
