"""The generated Python client: made as `make client` makes it, built into a wheel, imported from that, and used on the running platform."""

import asyncio
import base64
import importlib
import inspect
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from kyc_platform.embedded.client.generate import GenerationFailed, generate
from kyc_platform.embedded.places import ROOT
from tests.api.operations import document, operations
from tests.docs.pages import FENCE
from tests.fixtures.way import DOC_TYPES, a_picture, members_of_customer
from tests.system.running import RunningPlatform, until
from tests.verification.webhooks.receivers import receiving

PACKAGE = "kyc_platform_client"
GUIDE = ROOT / "docs" / "guides" / "python-client.md"
# Either of two shapes, which has no class; and what a merchant has no use for, or the client cannot read.
NO_CLASSES = {"KnownCustomers", "CallbackReceipt", "ReportFormat"}
NO_FUNCTIONS = {"receive_provider_callback"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, freshly generated."""
    folder = tmp_path_factory.mktemp("client") / "project"
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--wheel", "--offline", "--no-build-isolation", "--no-config", "--python", sys.executable, "--out-dir", str(folder)]
    done = subprocess.run([sys.executable, "-m", "uv", "build", *options, str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def library(wheel: Path) -> Iterator[Any]:
    """What a user imports: the package, its models and types, and a module for each tag."""
    sys.path.insert(0, str(wheel))
    imported = {name: importlib.import_module(f"{PACKAGE}.{name}") for name in ("models", "types", "api")}
    yield SimpleNamespace(package=importlib.import_module(PACKAGE), **imported, **vars(imported["api"]))
    sys.path.remove(str(wheel))
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def key(running_platform: RunningPlatform) -> str:
    """A test key of a merchant of these tests."""
    return str(running_platform.open_merchant("client")["test_api_key"])


@pytest.fixture
def client(platform: RunningPlatform, library: Any, key: str) -> Iterator[Any]:
    """A client with the key."""
    with library.package.AuthenticatedClient(platform.base_url, key, prefix="Api-Key") as client:
        yield client


def told(library: Any, **changed: Any) -> Any:
    """Return what is told of a new customer."""
    return library.models.CustomerInput.from_dict(members_of_customer(**changed))


def registered(library: Any, client: Any, **changed: Any) -> Any:
    """Register a customer and return it."""
    customer = library.customers.create_customer.sync(client=client, body=told(library, **changed))
    assert isinstance(customer, library.models.Customer), customer
    return customer


def is_status(library: Any, client: Any, customer_id: str, status: str) -> Any:
    """Return where a customer stands once it has this status; else nothing."""
    found = library.customers.read_kyc_status.sync(customer_id, client=client)
    return found if found.status == status else None


def programs_of(page: Path) -> list[str]:
    """Return a page's blocks of Python."""
    return [body for kind, body in FENCE.findall(page.read_text()) if kind == "python"]


def functions_of(package: ModuleType) -> dict[str, set[str]]:
    """Return the names of the operations by the package they are in."""
    return {tag: set(vars(package)[tag].__all__) for tag in package.__all__}


def test_the_wheel_has_the_version_of_the_document_and_says_that_it_is_typed(wheel: Path) -> None:
    version = document()["info"]["version"]

    assert wheel.name == f"{PACKAGE}-{version}-py3-none-any.whl"
    assert f"{PACKAGE}/py.typed" in zipfile.ZipFile(wheel).namelist()


def test_there_is_a_function_for_each_operation_in_the_package_of_its_tag(library: Any) -> None:
    expected: dict[str, set[str]] = {}
    for operation in operations():
        if operation.name not in NO_FUNCTIONS:
            (tag,) = operation.described["tags"]
            expected.setdefault(tag.lower().replace(" ", "_"), set()).add(operation.name)

    assert functions_of(library.api) == expected


def test_there_is_a_class_for_each_schema_and_no_other(library: Any) -> None:
    assert set(library.models.__all__) == set(document()["components"]["schemas"]) - NO_CLASSES


def test_no_constant_was_invented_for_want_of_a_name(library: Any) -> None:
    classes = [getattr(library.models, name) for name in library.models.__all__]
    constants = {f"{kind.__name__}.{one.name}" for kind in classes if issubclass(kind, Enum) for one in kind}

    assert {"DocType.ID_FRONT", "EventType.VERIFICATION_APPROVED", "MediaType.JPEG", "StatusClass.CLIENT_ERROR"} < constants
    assert [constant for constant in constants if not re.fullmatch(r"\w+\.[A-Z]+(_[A-Z]+)*", constant)] == []


def test_every_function_explains_itself_and_offers_the_idempotency_key_where_it_changes_something(library: Any) -> None:
    for operation in operations():
        if operation.name in NO_FUNCTIONS:
            continue
        module = getattr(getattr(library.api, operation.described["tags"][0].lower().replace(" ", "_")), operation.name)
        parameters = inspect.signature(module.sync_detailed).parameters

        assert operation.described["summary"] in module.sync_detailed.__doc__
        is_unsafe_for_merchants = operation.is_of_merchants and operation.method != "get"
        assert ("idempotency_key" in parameters) == is_unsafe_for_merchants


def test_the_client_and_the_programs_of_its_pages_pass_the_strict_type_checker(project: Path, tmp_path: Path) -> None:
    programs = []
    for number, body in enumerate([*programs_of(GUIDE), *programs_of(project / "README.md")]):
        programs.append(tmp_path / f"program_{number}.py")
        programs[-1].write_text(body)
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\n")

    options = ["--config-file", "mypy.ini", "--cache-dir", "cache"]
    command = [sys.executable, "-m", "mypy", *options, str(project / PACKAGE), *map(str, programs)]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "MYPYPATH": str(project)}, capture_output=True, text=True, check=False)

    assert len(programs) == 2
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_programs_of_its_pages_run_as_they_are_written(
    platform: RunningPlatform, project: Path, wheel: Path, key: str, tmp_path: Path
) -> None:
    (tmp_path / "front.jpg").write_bytes(a_picture())
    environment = {**os.environ, "PYTHONPATH": str(wheel), "API_URL": platform.base_url, "API_KEY": key}
    (guide,), (readme,) = programs_of(GUIDE), programs_of(project / "README.md")

    said = []
    for program in (guide, readme):
        command = [sys.executable, "-W", "error::DeprecationWarning", "-c", program, "front.jpg"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)

    assert said[0].startswith("DocumentSubmission(id='doc_")
    assert said[1].startswith("CustomerPage(data=[Customer(id=")


def test_a_failure_of_the_generator_is_told(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("")

    with pytest.raises(GenerationFailed, match="openapi_python_client generate"):
        generate(tmp_path / "a file" / "client")


def test_a_customer_is_registered_read_found_and_replaced(library: Any, client: Any) -> None:
    new = registered(library, client, metadata={"tier": "gold", "visits": 3})

    again = library.customers.read_customer.sync(new.customer_id, client=client)
    found = library.customers.list_customers.sync(client=client, customer_id=new.customer_id)
    body = library.models.CustomerReplacementInput.from_dict({**members_of_customer(customer_id=new.customer_id), "name": "Anna Lind"})
    replaced = library.customers.replace_customer.sync(new.customer_id, client=client, body=body)

    assert (new.status, new.stage) == (library.models.CustomerStatus.PENDING, library.models.CustomerStage.COLLECTING)
    assert again == new
    assert found.data == [new]
    assert (new.address.city, new.identity_document.number, new.date_of_birth) == ("Uppsala", "L898902C3", date(1974, 8, 12))
    assert new.metadata.to_dict() == {"tier": "gold", "visits": 3}
    assert (replaced.name, replaced.reverification.because) == ("Anna Lind", ["name"])


def test_an_address_may_be_one_string(library: Any, client: Any) -> None:
    assert registered(library, client, address="Storgatan 1, Uppsala").address == "Storgatan 1, Uppsala"


def test_documents_go_as_files_and_as_base64_and_come_back_as_bytes(library: Any, client: Any) -> None:
    customer_id = registered(library, client).customer_id
    models, picture = library.models, a_picture()
    upload = models.DocumentUpload(models.DocType.ID_FRONT, library.types.File(io.BytesIO(picture), file_name="front.jpg"))
    encoded = models.DocumentInput(models.DocType.SELFIE, base64.b64encode(a_picture()).decode())

    submitted = [library.documents.submit_document.sync(customer_id, client=client, body=body) for body in (upload, encoded)]
    listed = library.documents.list_documents.sync(customer_id, client=client)
    content = library.documents.read_document_content.sync(customer_id, submitted[0].id, client=client)

    assert [(one.doc_type, one.media_type) for one in submitted] == [("ID_FRONT", models.MediaType.JPEG), ("SELFIE", "image/jpeg")]
    assert {one.id for one in listed.data} == {one.id for one in submitted}
    assert len(content.payload.read()) == submitted[0].size_bytes


def test_a_token_lets_the_customers_own_app_in_until_it_is_revoked(library: Any, client: Any, platform: RunningPlatform) -> None:
    customer = registered(library, client)
    token = library.customers.issue_access_token.sync(customer.customer_id, client=client, body=library.models.AccessTokenInput(600))

    with library.package.AuthenticatedClient(platform.base_url, token.token, prefix="JWT") as app:
        before = library.end_users.read_my_status.sync(client=app)
        body = library.models.EndUserSubmission(library.models.DocType.SELFIE, base64.b64encode(a_picture()).decode())
        submitted = library.end_users.submit_my_document.sync(client=app, body=body)
        after = library.end_users.read_my_status.sync(client=app)
        assert library.customers.revoke_access_tokens.sync_detailed(customer.customer_id, client=client).status_code == 204
        refused = library.end_users.read_my_status.sync(client=app)

    assert (token.user_id, before.user_id, before.doc_status) == (customer.id, customer.id, library.types.UNSET)
    assert (submitted.is_success, submitted.err_code) == (True, "Err0000")
    assert [(one.doc_type, one.doc_status) for one in after.doc_status] == [("SELFIE", library.models.EndUserDocumentStatus.UNVERIFIED)]
    assert isinstance(refused, library.models.EndUserAnswer)
    assert refused.err_code == "Err1101"


def test_a_list_is_walked_page_by_page(library: Any, client: Any) -> None:
    email = "walked@example.com"
    ids = [registered(library, client, email=email).customer_id for _ in range(3)]

    first = library.customers.list_customers.sync(client=client, email=email, limit=2)
    second = library.customers.list_customers.sync(client=client, email=email, limit=2, cursor=first.next_cursor)

    assert (len(first.data), first.has_more) == (2, True)
    assert (second.has_more, second.next_cursor) == (False, None)
    assert [customer.customer_id for customer in first.data + second.data] == ids[::-1]


def test_what_is_refused_comes_back_as_a_problem_that_names_what_was_wrong(library: Any, client: Any, platform: RunningPlatform) -> None:
    invalid = library.customers.create_customer.sync_detailed(client=client, body=told(library, email="anna", phone_number="+46"))
    nobody = library.customers.read_kyc_status.sync("nobody", client=client)
    with library.package.AuthenticatedClient(platform.base_url, "kyc_test_nothing.at_all", prefix="Api-Key") as stranger:
        unknown = library.customers.list_customers.sync(client=stranger)

    assert (int(invalid.status_code), type(invalid.parsed)) == (422, library.models.Problem)
    assert {error.pointer for error in invalid.parsed.errors} == {"/email", "/phone_number"}
    assert invalid.parsed.request_id == invalid.headers["Request-Id"]
    assert (nobody.status, nobody.code) == (404, "customer_not_found")
    assert (unknown.status, unknown.code) == (401, "api_key_invalid")


def test_a_repeated_request_has_one_effect(library: Any, client: Any) -> None:
    body = told(library)

    first, second = [library.customers.create_customer.sync_detailed(client=client, body=body, idempotency_key="once") for _ in "ab"]
    other = library.customers.create_customer.sync(client=client, body=told(library), idempotency_key="once")

    assert (first.parsed, first.status_code) == (second.parsed, second.status_code)
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert (other.status, other.code) == (422, "idempotency_key_reused")


def test_a_customer_is_verified_and_its_webhook_is_read_by_the_model_of_its_type(library: Any, client: Any) -> None:
    models = library.models
    with receiving() as receiver:
        wanted = models.WebhookEndpointInput(receiver.url, event_types=[models.EventType.VERIFICATION_APPROVED])
        endpoint = library.webhooks.create_webhook_endpoint.sync(client=client, body=wanted)
        customer_id = registered(library, client).customer_id
        for doc_type in DOC_TYPES:
            body = models.DocumentInput(models.DocType(doc_type), base64.b64encode(a_picture()).decode())
            assert isinstance(library.documents.submit_document.sync(customer_id, client=client, body=body), models.DocumentSubmission)
        status = until(lambda: is_status(library, client, customer_id, "verified"), "the customer to be verified")
        until(lambda: receiver.arrived, "the webhook")
        deliveries = library.webhooks.list_webhook_deliveries.sync(endpoint.id, client=client)
        assert library.webhooks.delete_webhook_endpoint.sync_detailed(endpoint.id, client=client).status_code == 204

    event = models.VerificationApprovedEvent.from_dict(json.loads(receiver.arrived[0].body))
    assert endpoint.secret.startswith("whsec_")
    assert (event.data.customer_id, event.data.sequence, event.data.final) == (customer_id, status.sequence, True)
    assert [(one.event_type, one.livemode) for one in deliveries.data] == [(models.EventType.VERIFICATION_APPROVED, False)]
    run = library.verifications.list_verifications.sync(customer_id, client=client).data[0]
    assert [(check.state, check.outcome) for check in run.checks] == [("answered", models.CheckOutcome.CLEAR)]


def test_events_are_read_in_their_order_and_beliefs_are_put_right(library: Any, client: Any) -> None:
    customer = registered(library, client)
    known, status = library.models.KnownCustomerInput, library.models.CustomerStatus
    body = [known(customer.customer_id, status.VERIFIED, 9), known("nobody", status.PENDING, 0)]

    answer = library.events.reconcile_customers.sync(client=client, body=body)
    positions, after = [], 0
    while True:
        page = library.events.list_events.sync(client=client, after=after, limit=2)
        positions += [event.position for event in page.data]
        after = page.next_after
        if not page.has_more:
            break
    event = library.events.list_events.sync(client=client, type_=library.models.EventType.CUSTOMER_CREATED).data[0]

    assert [(one.customer_id, one.status) for one in answer.differing] == [(customer.customer_id, status.PENDING)]
    assert answer.unknown == ["nobody"]
    assert positions == list(range(1, len(positions) + 1))
    assert library.events.read_event.sync(event.id, client=client) == event
    assert event.data["status"] == "pending"


def test_a_sandbox_is_driven_and_its_clock_moved(library: Any, client: Any) -> None:
    models, customer_id = library.models, registered(library, client).customer_id
    order = models.SimulationInput(models.SimulationAction.DECLINE, reason=models.SimulationReason.BLOCKLISTED)

    simulation = library.sandbox.simulate_customer.sync(customer_id, client=client, body=order)
    before = library.sandbox.read_sandbox_clock.sync(client=client)
    after = library.sandbox.advance_sandbox_clock.sync(client=client, body=models.SandboxClockAdvanceInput(3600))

    assert (simulation.action, simulation.takes_effect) == (models.SimulationAction.DECLINE, models.SimulationEffect.NEXT_CHECK)
    assert after.advanced_seconds == before.advanced_seconds + 3600
    assert after.now - before.now >= timedelta(hours=1)


def test_the_report_is_read_as_figures_and_by_the_client_underneath_as_csv(library: Any, client: Any) -> None:
    registered(library, client)
    today = library.sandbox.read_sandbox_clock.sync(client=client).now.date()

    report = library.reports.read_report.sync(client=client, start=today, end=today)
    query = {"start": today.isoformat(), "end": today.isoformat(), "format": "csv"}
    csv = client.get_httpx_client().get("/api/v1/report", params=query)

    assert report.customers.total >= 1
    assert report.daily[0].date == today
    assert csv.text.startswith("section,key,figure,value")


def test_a_value_and_a_member_that_the_platform_has_learnt_since_are_borne(library: Any, client: Any) -> None:
    library.customers.create_customer.sync(client=client, body=told(library))
    event = until(lambda: library.events.list_events.sync(client=client, limit=1).data, "an event")[0]

    later = library.models.Event.from_dict({**event.to_dict(), "type": "customer.moved", "seen": True})

    assert isinstance(later.type_, library.models.EventType)
    assert (later.type_, later.additional_properties) == ("customer.moved", {"seen": True})
    assert later.to_dict()["type"] == "customer.moved"


def test_it_can_be_used_without_blocking(library: Any, client: Any, platform: RunningPlatform, key: str) -> None:
    async def many() -> list[Any]:
        async with library.package.AuthenticatedClient(platform.base_url, key, prefix="Api-Key") as waiting:
            calls = [library.customers.create_customer.asyncio(client=waiting, body=told(library)) for _ in range(3)]
            return await asyncio.gather(*calls)

    assert [type(customer) for customer in asyncio.run(many())] == [library.models.Customer] * 3
