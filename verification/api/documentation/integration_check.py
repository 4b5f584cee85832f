"""What the document says of grading a merchant's own endpoint."""

from typing import Any

from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation.fields import FAILURES, moment_field
from verification.api.documentation.operation import Answer, operation
from verification.api.documentation.problems import Refusal
from verification.api.documentation.webhook_endpoints import ENDPOINT_ID
from verification.sandbox.errors import SandboxOnly
from verification.sandbox.integration_checks import IntegrationCheckRunning, NoIntegrationCheck
from verification.webhooks.cases import CASES, VALID
from verification.webhooks.endpoints import EndpointNotFound
from verification.workflow.recovering import EndpointDisabled

TAG = "Sandbox"
SCOPE = "sandbox:drive"
PATH = "/api/v1/sandbox/integration-check"

CHECK = "\n".join(
    [
        "Posts these cases to one of your endpoints, as deliveries are posted, and grades the answers. Read the report with",
        "`GET /sandbox/integration-check`: it is finished within a minute. The events are made up (`data.integration_check` is true, or",
        "the customer is `integration-check`) and stand in no list. When a good delivery is not taken, nothing else is tried.",
        "",
        "| case | what | expected |",
        "|---|---|---|",
        *(f"| `{case.name}` | {case.title} | {case.expected} |" for case in CASES),
    ]
)

CHECK_STATES = [("running", "cases are being posted"), ("finished", "every case is graded")]
CASE_NAMES = [(case.name, case.title) for case in CASES]


class IntegrationCheckInputSerializer(serializers.Serializer[Any]):
    """Which endpoint."""

    endpoint_id = serializers.CharField(min_length=1, help_text="the `id` of an enabled webhook endpoint of the sandbox")


class IntegrationShotSerializer(serializers.Serializer[Any]):
    """How one POST of a case was answered."""

    status = serializers.IntegerField(allow_null=True, help_text="the HTTP status; null when no answer came")
    failure = serializers.ChoiceField(choices=FAILURES, allow_null=True, help_text="why no answer came")
    duration_ms = serializers.IntegerField(min_value=0)


class IntegrationCaseSerializer(serializers.Serializer[Any]):
    """One graded case."""

    name = serializers.ChoiceField(choices=CASE_NAMES)
    title = serializers.CharField()
    passed = serializers.BooleanField()
    expected = serializers.CharField(help_text="what a good receiver answers")
    seen = IntegrationShotSerializer(many=True, help_text="what yours answered; empty: it was not tried")
    remedy = serializers.CharField(allow_null=True, help_text="how to mend it; null when it passed")


class IntegrationCheckSerializer(serializers.Serializer[Any]):
    """The last integration check."""

    id = serializers.CharField()
    endpoint_id = serializers.CharField()
    state = serializers.ChoiceField(choices=CHECK_STATES)
    passed = serializers.BooleanField(allow_null=True, help_text="whether every case did; null while it runs")
    started_at = moment_field("by the sandbox's clock")
    finished_at = moment_field("null while it runs", allow_null=True)
    cases = IntegrationCaseSerializer(many=True, help_text="empty while it runs")


RUNNING: dict[str, Any] = {
    "id": "ick_mfzwizlgm5qwsylumuqgc3tpoq",
    "endpoint_id": ENDPOINT_ID,
    "state": "running",
    "passed": None,
    "started_at": "2026-01-05T09:30:00Z",
    "finished_at": None,
    "cases": [],
}
_SEEN = {"status": 200, "failure": None, "duration_ms": 12}
_BY_NAME = {case.name: case for case in CASES}


def _graded(name: str, *, passed: bool) -> dict[str, Any]:
    case = _BY_NAME[name]
    told = {"name": name, "title": case.title, "passed": passed, "expected": case.expected, "seen": [_SEEN]}
    return {**told, "remedy": None if passed else case.remedy}


FINISHED = {
    **RUNNING,
    "state": "finished",
    "passed": False,
    "finished_at": "2026-01-05T09:30:02Z",
    "cases": [_graded(VALID.name, passed=True), _graded("stale", passed=False)],
}

START_INTEGRATION_CHECK = operation(
    "start_integration_check",
    path=PATH,
    tag=TAG,
    summary="Have your endpoint graded",
    description=CHECK,
    scope=SCOPE,
    body=IntegrationCheckInputSerializer,
    bodies={"One endpoint": {"endpoint_id": ENDPOINT_ID}},
    answers={202: Answer(IntegrationCheckSerializer, "It is running.", {"Running": RUNNING})},
    refused=(SandboxOnly, EndpointNotFound, EndpointDisabled, Refusal(IntegrationCheckRunning)),
    invalid=(InvalidMember("/endpoint_id", "required", "Give the `id` of a webhook endpoint."),),
)

READ_INTEGRATION_CHECK = operation(
    "read_integration_check",
    path=PATH,
    tag=TAG,
    summary="Read the last integration check",
    scope=SCOPE,
    answers={200: Answer(IntegrationCheckSerializer, "The check.", {"Running": RUNNING, "One case failed": FINISHED})},
    refused=(SandboxOnly, NoIntegrationCheck),
)
