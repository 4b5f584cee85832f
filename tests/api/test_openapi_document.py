"""The OpenAPI document: valid, whole, and each example what its schema says."""

from typing import Any

import pytest
from django.conf import settings
from django.urls import Resolver404, resolve
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from kyc_platform.urls.documentation import catalogue_of_errors
from tests.api.operations import Operation, contents, document, merchant_operations, named, operations
from verification.events.types import EventType

PROBLEM = "application/problem+json"
ROOT = "urn:openapi"
WEBHOOKS = [pytest.param(item["post"], id=name) for name, item in document()["webhooks"].items()]


def check_examples(described: dict[str, Any]) -> int:
    """Hold every example of an operation to its schema, and return how many there are."""
    registry = Registry().with_resource(ROOT, DRAFT202012.create_resource(document()))
    count = 0
    for where, media_type, content in contents(described):
        for name, example in content.get("examples", {}).items():
            schema = {"$ref": f"{ROOT}#{pointer_to(described, where, media_type)}/schema"}
            validator = Draft202012Validator(schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER)
            faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(example["value"])]
            assert not faults, (where, media_type, name, faults)
            count += 1
    return count


def pointer_to(described: dict[str, Any], where: str, media_type: str) -> str:
    """Return the JSON Pointer to a media type object of an operation."""
    for section in ("paths", "webhooks"):
        for path, item in document()[section].items():
            for method, operation in item.items():
                if operation is described:
                    parts = ["requestBody"] if where == "request" else ["responses", where]
                    keys = [section, path, method, *parts, "content", media_type]
                    return "".join("/" + key.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D") for key in keys)
    raise AssertionError("no such operation")


def test_it_is_valid_openapi_3_1():
    OpenAPIV31SpecValidator(document()).validate()

    assert document()["openapi"].startswith("3.1.")


@pytest.mark.parametrize("operation", operations(), ids=named)
def test_each_operation_shows_an_example_of_everything_it_takes_and_answers_and_each_passes_its_schema(operation: Operation):
    for where, media_type, content in contents(operation.described):
        if "json" in media_type or media_type == "text/csv":
            assert content.get("examples"), (where, media_type)

    assert check_examples(operation.described) > 0


@pytest.mark.parametrize("described", WEBHOOKS)
def test_each_webhook_shows_an_example_that_passes_its_schema_and_the_headers_that_sign_it(described: dict[str, Any]):
    assert check_examples(described) == 1
    assert [header["name"] for header in described["parameters"]] == ["webhook-id", "webhook-timestamp", "webhook-signature"]


def test_webhooks_are_named_by_event_types_in_the_order_of_their_catalogue():
    named_there = list(document()["webhooks"])

    assert named_there == [event_type.value for event_type in EventType if event_type.value in named_there]


@pytest.mark.parametrize("operation", operations(), ids=named)
def test_each_operation_has_a_name_a_summary_and_a_tag_that_is_described(operation: Operation):
    assert operation.name.isidentifier() and operation.name == operation.name.lower()
    assert operation.described["summary"]
    assert set(operation.described["tags"]) < {tag["name"] for tag in document()["tags"]}


def test_operation_ids_are_unique():
    names = [operation.name for operation in operations()]

    assert len(names) == len(set(names))


def test_every_tag_is_used():
    used = {tag for operation in operations() for tag in operation.described["tags"]}
    used |= {tag for item in document()["webhooks"].values() for tag in item["post"]["tags"]}

    assert used == {tag["name"] for tag in document()["tags"]}


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_each_operation_of_the_merchant_api_names_its_scope_and_the_errors_that_every_one_has(operation: Operation):
    assert f"Needs a key with the scope `{operation.scope}`." in operation.described["description"]
    statuses = set(operation.described["responses"])
    assert {"401", "403", "503"} < statuses
    if "requestBody" in operation.described:
        assert {"400", "413", "415"} < statuses
    if "{" in operation.path:
        assert "404" in statuses
    headers = {parameter["name"] for parameter in operation.described.get("parameters", []) if parameter["in"] == "header"}
    assert headers == (set() if operation.method == "get" else {"Idempotency-Key"})
    details = {shown["code"]: shown["detail"] for shown in problems_of(operation.described["responses"]["403"])}
    assert details["missing_scope"] == f"this needs a key with the scope {operation.scope}"


def problems_of(response: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the problem documents that stand as examples of a response."""
    return [example["value"] for example in response.get("content", {}).get(PROBLEM, {}).get("examples", {}).values()]


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_each_problem_that_is_shown_is_one_of_the_catalogue(operation: Operation):
    catalogue = {error.code: error for error in catalogue_of_errors()}

    for status, response in operation.described["responses"].items():
        for shown in problems_of(response):
            assert shown["status"] == int(status)
            assert (shown["title"], shown["status"]) == (catalogue[shown["code"]].title, catalogue[shown["code"]].http_status)
            assert shown["type"] == f"/api/v1/docs/errors#{shown['code']}"


def test_the_paths_of_the_document_are_all_there_are_under_the_prefix():
    described = {path.removeprefix("/api/v1/") for path in document()["paths"]}

    assert {route for route in routes_under("api/v1/") if not route.startswith(("docs", "schema"))} <= described


def routes_under(prefix: str) -> set[str]:
    """Return the routes under a prefix, with parameters in braces as in the document."""
    return {route.removeprefix(prefix) for route in all_routes() if route.startswith(prefix)}


def all_routes(patterns: Any = None, before: str = "") -> Any:
    """Give every route of the platform."""
    urlconf = __import__(settings.ROOT_URLCONF, fromlist=["urlpatterns"])
    for pattern in urlconf.urlpatterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from all_routes(pattern.url_patterns, route)
        else:
            yield route.replace("<str:", "{").replace(">", "}")


@pytest.mark.parametrize("operation", merchant_operations(), ids=named)
def test_each_path_of_the_merchant_api_answers_without_its_prefix_by_the_same_view(operation: Operation):
    ids = {"customer_id": "c", "document_id": "d", "verification_id": "v", "endpoint_id": "e", "event_id": "t"}
    canonical = operation.filled(**ids)

    assert resolve(canonical.removeprefix("/api/v1")).func is resolve(canonical).func


def test_the_first_seed_has_its_one_path_only():
    with pytest.raises(Resolver404):
        resolve("/user/me/kyc/status")


def test_inputs_are_closed_and_answers_are_open():
    schemas = document()["components"]["schemas"]
    inputs = {name for name in schemas if name.endswith(("Input", "Upload"))}

    assert {"CustomerInput", "AddressInput", "DecisionInput", "WebhookEndpointInput", "DocumentUpload"} <= inputs
    assert all(schemas[name]["additionalProperties"] is False for name in inputs)
    assert not any(schema.get("additionalProperties") is False for name, schema in schemas.items() if name not in inputs)


def test_a_file_is_described_as_bytes_and_what_may_not_be_empty_as_that():
    schemas, paths = document()["components"]["schemas"], document()["paths"]

    assert schemas["DocumentUpload"]["properties"]["file"]["format"] == "binary"
    assert schemas["WebhookEndpointChangeInput"]["minProperties"] == 1
    assert paths["/api/v1/reconcile"]["post"]["requestBody"]["required"] is True
    assert paths["/api/v1/webhook-endpoints/{endpoint_id}"]["put"]["requestBody"]["required"] is True
