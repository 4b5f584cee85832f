"""What the document says of driving a sandbox."""

from typing import Any

from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation.fields import moment_field
from verification.api.documentation.operation import Answer, operation
from verification.sandbox.errors import SandboxOnly
from verification.workflow.driving import ADVANCE_SECONDS_MAX

TAG = "Sandbox"
SCOPE = "sandbox:drive"
CLOCK_PATH = "/api/v1/sandbox/clock"

CLOCK = """
Every timer of the sandbox follows its clock: retries of webhooks, checks without an answer, access tokens. What has become due happens
right after the answer, as it would have happened by itself. The clock never goes back. What somebody else's clock decides stays in
the world's time: `webhook-timestamp`, rate limits, the expiry of API keys and of an `Idempotency-Key`, and how long the sandbox
provider thinks.
"""


class SandboxClockAdvanceInputSerializer(serializers.Serializer[Any]):
    """How far to go."""

    seconds = serializers.IntegerField(min_value=1, max_value=ADVANCE_SECONDS_MAX, help_text="how far, at most ten years at once")


class SandboxClockSerializer(serializers.Serializer[Any]):
    """What the sandbox's clock shows."""

    now = moment_field("the sandbox's present moment")
    advanced_seconds = serializers.IntegerField(min_value=0, help_text="how far that is ahead of the world's time")


AHEAD = {"now": "2026-01-08T09:30:00Z", "advanced_seconds": 259_200}

READ_SANDBOX_CLOCK = operation(
    "read_sandbox_clock",
    path=CLOCK_PATH,
    tag=TAG,
    summary="Read the sandbox's clock",
    scope=SCOPE,
    answers={200: Answer(SandboxClockSerializer, "What the clock shows.", {"Three days ahead": AHEAD})},
    refused=(SandboxOnly,),
)

ADVANCE_SANDBOX_CLOCK = operation(
    "advance_sandbox_clock",
    path=f"{CLOCK_PATH}/advance",
    tag=TAG,
    summary="Move the sandbox's clock ahead",
    description=CLOCK,
    scope=SCOPE,
    body=SandboxClockAdvanceInputSerializer,
    bodies={"Three days": {"seconds": 259_200}},
    answers={200: Answer(SandboxClockSerializer, "What the clock shows now.", {"Three days ahead": AHEAD})},
    refused=(SandboxOnly,),
    invalid=(InvalidMember("/seconds", "out_of_range", f"Give a whole number of seconds from 1 to {ADVANCE_SECONDS_MAX} (ten years)."),),
)
