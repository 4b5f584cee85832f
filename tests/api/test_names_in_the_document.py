"""The names that generated clients take from the document. The rules are those of `verification/api/documentation/naming.py`."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.operations import Operation, document, merchant_operations, named, operations

VERBS = {
    "advance", "cause", "create", "decide", "delete", "issue", "list", "read", "receive", "reconcile", "recover", "replace", "resend",
    "revoke", "rotate", "send", "simulate", "start", "submit", "update",
}  # fmt: skip
SCHEMAS: dict[str, Any] = document()["components"]["schemas"]
REFERENCE = re.compile(r"#/components/schemas/(\w+)")
VERB_AND_NOUN = re.compile(r"([a-z]+)(_[a-z]+)+")
CAMEL_CASE = re.compile(r"([A-Z][a-z]+)+")
VARIABLE = re.compile(r"[A-Z]+(_[A-Z]+)*")
PAGE_MEMBERS = {"data", "has_more"}


def schemas_within(node: Any, where: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every schema in a part of the document, examples left out, with the place where it stands."""
    if isinstance(node, dict):
        yield where, node
        for name, value in node.items():
            if name not in ("example", "examples"):
                yield from schemas_within(value, f"{where}/{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from schemas_within(value, f"{where}/{number}")


def body_shapes(operation: Operation) -> list[str]:
    """Return the names of the shapes that an operation takes."""
    content = operation.described.get("requestBody", {}).get("content", {}).values()
    shapes = [REFERENCE.fullmatch(media_type["schema"].get("$ref", "")) for media_type in content]
    return [shape[1] if shape else "a shape without a name" for shape in shapes]


@pytest.mark.parametrize("operation", operations(), ids=named)
def test_the_name_of_an_operation_is_a_verb_of_few_and_what_it_is_done_to(operation: Operation):
    fits = VERB_AND_NOUN.fullmatch(operation.name)

    assert fits and fits[1] in VERBS


def test_every_verb_is_used_so_that_there_are_few():
    assert {operation.name.partition("_")[0] for operation in operations()} == VERBS


def test_each_path_is_described_once_and_that_under_its_prefix():
    bare = [operation.path for operation in merchant_operations() if not operation.path.startswith("/api/v1/")]
    pairs = [(operation.method, operation.path.removeprefix("/api/v1")) for operation in operations()]

    assert bare == []
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("operation", [one for one in operations() if one.name.startswith("list_")], ids=named)
def test_a_list_answers_with_a_page_named_after_what_is_on_it(operation: Operation):
    shape = REFERENCE.fullmatch(operation.described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"])
    assert shape and shape[1].endswith("Page")
    assert set(SCHEMAS[shape[1]]["properties"]) >= PAGE_MEMBERS
    on_it = REFERENCE.fullmatch(SCHEMAS[shape[1]]["properties"]["data"]["items"]["$ref"])
    assert on_it and on_it[1].startswith(shape[1].removesuffix("Page"))


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_what_an_operation_takes_is_named_as_input(operation: Operation):
    shapes = [name for name in body_shapes(operation) if not name.endswith(("Input", "Upload"))]

    assert shapes == (["KnownCustomers"] if operation.name == "reconcile_customers" else [])  # either of two inputs


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_name_of_a_schema_is_words_without_a_digit(name: str):
    assert CAMEL_CASE.fullmatch(name)


def test_every_schema_is_used():
    used = {found for _, node in schemas_within(document()) for found in REFERENCE.findall(str(node.get("$ref", "")))}

    assert set(SCHEMAS) == used


def test_no_shape_and_no_choices_stand_anywhere_without_a_name():
    parts = {"paths": document()["paths"], "webhooks": document()["webhooks"]}
    unnamed = [where for where, node in schemas_within(parts) if "properties" in node or isinstance(node.get("enum"), list)]
    for name, schema in SCHEMAS.items():
        inside = [(where, node) for where, node in schemas_within(schema) if where and not where.endswith("/properties")]
        unnamed += [
            f"{name}{where}" for where, node in inside if isinstance(node.get("properties"), dict) or isinstance(node.get("enum"), list)
        ]

    assert unnamed == []


def test_the_same_choices_have_one_name():
    choices = [frozenset(schema["enum"]) for schema in SCHEMAS.values() if "enum" in schema]

    assert len(choices) == len(set(choices))


@pytest.mark.parametrize("name", [name for name, schema in SCHEMAS.items() if "enum" in schema])
def test_every_choice_can_be_a_constant(name: str):
    values = SCHEMAS[name]["enum"]
    constants = SCHEMAS[name].get("x-enum-varnames") or [re.sub(r"[^A-Za-z0-9]", "_", value).upper() for value in values]

    assert len(constants) == len(values) == len(set(constants))
    assert [constant for constant in constants if not VARIABLE.fullmatch(constant)] == []


def test_what_choices_mean_is_told_once_and_only_where_it_says_more_than_their_names():
    parts = {"paths": document()["paths"], "webhooks": document()["webhooks"], "components": SCHEMAS}
    told = {where: node["description"] for where, node in schemas_within(parts) if isinstance(node.get("description"), str)}
    lists = {where.rpartition("/")[2] for where, description in told.items() if "* `" in description}

    assert [where for where, description in told.items() if not description] == []
    assert {name for name in lists if "enum" not in SCHEMAS[name]} == set()
    assert {"ReasonCode", "WebhookDeliveryState"} < lists
    assert lists & {"DocType", "CustomerStatus", "EventType"} == set()


def test_a_file_is_a_file_and_not_an_address():
    assert SCHEMAS["DocumentUpload"]["properties"]["file"]["format"] == "binary"


def test_a_body_may_be_left_out_only_where_it_may_be_empty():
    optional = {one.name for one in operations() if "requestBody" in one.described and not one.described["requestBody"].get("required")}

    for operation in operations():
        if operation.is_described_by_us and operation.name in optional:
            (shape,) = body_shapes(operation)
            assert "required" not in SCHEMAS[shape]
    assert "reconcile_customers" not in optional
