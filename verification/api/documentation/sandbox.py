"""What the document says of driving a sandbox."""

from typing import Any

from rest_framework import serializers

from kyc_platform.errors import InvalidMember
from verification.api.documentation import examples as like
from verification.api.documentation.fields import doc_type_field, moment_field
from verification.api.documentation.operation import CUSTOMER_ID, Answer, operation
from verification.api.documentation.problems import Refusal
from verification.customers.records import CustomerNotFound
from verification.documents.records import DocumentNotRequired
from verification.sandbox.chaos import Fault
from verification.sandbox.errors import SandboxOnly
from verification.workflow.driving import ADVANCE_SECONDS_MAX, CHAOS_DELIVERIES_MAX, CHAOS_FAULTS_MAX
from verification.workflow.simulating import REASONS, Action, Effect, NotPossibleNow, SandboxProviderAway

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

SIMULATE = """
Everything goes the way of live data: the sandbox provider is told what to answer, a review is decided, or time is said to have run
out; events and webhooks follow.

| action | in the stages | what happens |
|---|---|---|
| `approve` | `collecting`, `resubmit`, `submitted`, `checking`, `in_review` | the check passes; a review is decided so |
| `decline` | the same | the person is declined, for `reason` |
| `reject_document` | the same | `doc_type` is rejected, for `reason` |
| `review` | `collecting`, `resubmit`, `submitted`, `checking` | the provider is unsure, for `reason`: a person is asked |
| `provider_outage` | the same | the provider answers 503 about this customer for twenty seconds |
| `reopen` | `approved` | the provider takes its answer back; the customer is `checking` until the next action |
| `expire` | `approved` | `doc_type`, or without one the whole verification, runs out |

A check that is under way is answered at once. Where documents are still missing, the action is kept for the next check. Reasons
that speak of fraud decline the customer, or have a person asked, as the level says.
"""

SIMULATION_ACTIONS = [(action.value, action.value.replace("_", " ")) for action in Action]
SIMULATION_REASONS = [(code, code.replace("_", " ")) for codes in REASONS.values() for code in codes]
REASONS_BY_ACTION = " ".join(f"`{action}`: {', '.join(codes)}." for action, codes in REASONS.items())
SIMULATION_EFFECTS = [
    (Effect.NOW.value, "it is done"),
    (Effect.SOON.value, "the provider has been told, and its word is on the way"),
    (Effect.NEXT_CHECK.value, "the provider has been told, and waits for the documents"),
]


class SimulationInputSerializer(serializers.Serializer[Any]):
    """What is to happen."""

    action = serializers.ChoiceField(choices=SIMULATION_ACTIONS)
    doc_type = doc_type_field(required=False, allow_null=True, help_text="for `reject_document`, where it is required, and `expire`")
    reason = serializers.ChoiceField(
        choices=SIMULATION_REASONS,
        required=False,
        allow_null=True,
        help_text=f"for three actions, each with its own. {REASONS_BY_ACTION}",
    )


class SimulationSerializer(serializers.Serializer[Any]):
    """What happens."""

    customer_id = serializers.CharField()
    action = serializers.ChoiceField(choices=SIMULATION_ACTIONS)
    doc_type = doc_type_field(allow_null=True)
    reason = serializers.ChoiceField(choices=SIMULATION_REASONS, allow_null=True)
    takes_effect = serializers.ChoiceField(choices=SIMULATION_EFFECTS)


def _simulation(action: Action, effect: Effect, **more: str) -> dict[str, Any]:
    shown = {"customer_id": like.CUSTOMER_ID, "action": action.value, "doc_type": None, "reason": None, "takes_effect": effect.value}
    return {**shown, **more}


SIMULATE_CUSTOMER = operation(
    "simulate_customer",
    path=f"/api/v1/sandbox/customers/{like.CUSTOMER_ID}/simulate",
    tag=TAG,
    summary="Make something happen to a customer",
    description=SIMULATE,
    scope=SCOPE,
    parameters=(CUSTOMER_ID,),
    body=SimulationInputSerializer,
    bodies={
        "Approve": {"action": "approve"},
        "Reject a document": {"action": "reject_document", "doc_type": "SELFIE", "reason": "image_blurred"},
    },
    answers={
        202: Answer(
            SimulationSerializer,
            "It is done, or on its way.",
            {
                "Approve": _simulation(Action.APPROVE, Effect.SOON),
                "Reject a document": _simulation(Action.REJECT_DOCUMENT, Effect.SOON, doc_type="SELFIE", reason="image_blurred"),
            },
        )
    },
    refused=(
        SandboxOnly,
        CustomerNotFound,
        Refusal(NotPossibleNow, "reopen is for a customer in approved; this one is in collecting."),
        Refusal(
            DocumentNotRequired,
            errors=(InvalidMember("/doc_type", "document_not_required", "This customer's level asks for ID_FRONT, SELFIE."),),
        ),
        SandboxProviderAway,
    ),
    invalid=(InvalidMember("/doc_type", "required", "Give one of ID_FRONT, ID_BACK, PROOF_OF_ADDRESS, SELFIE."),),
)

CHAOS = """
Each new delivery of the sandbox, to whichever endpoint, meets the next of the faults, in the order in which they are named and then
from the first again, until so many deliveries have met one. Retries are as usual, so that every event arrives in the end. Asking
again replaces what was asked for before; `deliveries` 0 ends it.

| fault | what the receiver sees | what it should do |
|---|---|---|
| `duplicate` | the delivery once more, though it answered 2xx | know it by `webhook-id`, and answer 2xx |
| `reorder` | the first waits longest, a second for each that is left (a minute at most): the opposite order | keep the highest `sequence` |
| `delay` | it comes five minutes later, by the sandbox's clock | take it |
| `drop` | nothing: the attempt is logged as `dropped` and has failed | nothing; the retry comes, and `POST /reconcile` tells sooner |
| `wrong_signature` | a signature by another secret | refuse it with a 4xx; the retry is signed rightly |
| `stale_timestamp` | a good signature with a `webhook-timestamp` of an hour ago | refuse it with a 4xx; the retry is fresh |
"""

FAULTS = [(fault.value, fault.value.replace("_", " ")) for fault in Fault]
ASKED = {"faults": ["duplicate", "drop", "wrong_signature"], "deliveries": 6}


class WebhookChaosInputSerializer(serializers.Serializer[Any]):
    """What is to go wrong."""

    faults = serializers.ListField(child=serializers.ChoiceField(choices=FAULTS), min_length=1, max_length=CHAOS_FAULTS_MAX)
    deliveries = serializers.IntegerField(min_value=0, max_value=CHAOS_DELIVERIES_MAX, help_text="how many meet one; 0 ends it")


class WebhookChaosSerializer(WebhookChaosInputSerializer):
    """What will go wrong."""


CAUSE_WEBHOOK_CHAOS = operation(
    "cause_webhook_chaos",
    path="/api/v1/sandbox/webhooks/chaos",
    tag=TAG,
    summary="Have the next deliveries go wrong",
    description=CHAOS,
    scope=SCOPE,
    body=WebhookChaosInputSerializer,
    bodies={"Three faults, twice": ASKED},
    answers={200: Answer(WebhookChaosSerializer, "It is asked for.", {"Three faults, twice": ASKED})},
    refused=(SandboxOnly,),
    invalid=(InvalidMember("/faults/0", "invalid_choice", f"Give one of {', '.join(Fault)}."),),
)
