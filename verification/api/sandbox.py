"""Driving a sandbox: its clock, its customers and its webhooks, and having one's own endpoint graded. Refused with a live key."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kyc_platform.errors import InvalidMember, InvalidRequest
from tenants.api_keys.permissions import HasScope
from verification.api.base import MerchantView, members_of, nul_in, read_choice, refuse_unknown, whole_number
from verification.api.documentation import integration_check as check_docs
from verification.api.documentation import sandbox as docs
from verification.events.models import Event
from verification.levels.doc_types import DocType
from verification.sandbox.chaos import Fault
from verification.sandbox.errors import require_sandbox
from verification.sandbox.models import IntegrationCheck
from verification.webhooks.cases import CASES
from verification.workflow.driving import ClockReading, advance_clock, cause_chaos, read_clock, reading_recorded
from verification.workflow.grading_integrations import read_integration_check, start_integration_check
from verification.workflow.simulating import REASONS, Action, Effect, Order, simulate

SCOPE = "sandbox:drive"


class InSandbox(BasePermission):
    """Lets test keys in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True. Raises SandboxOnly (403)."""
        require_sandbox()
        return True


class SandboxView(MerchantView):
    """One path below `/sandbox`."""

    permission_classes = [HasScope, InSandbox]


class SandboxClockView(SandboxView):
    """`/sandbox/clock`."""

    required_scopes = {"GET": SCOPE}

    @extend_schema(**docs.READ_SANDBOX_CLOCK)
    def get(self, request: Request) -> Response:
        """Read the sandbox's clock. 200."""
        return Response(clock_shape(read_clock()))


class SandboxClockAdvance(SandboxView):
    """`/sandbox/clock/advance`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.ADVANCE_SANDBOX_CLOCK)
    def post(self, request: Request) -> Response:
        """Move the sandbox's time ahead. 200 with what the clock shows then; 422 when it cannot go so far."""
        members = members_of(request)
        refuse_unknown(members, ("seconds",))
        return Response(clock_shape(advance_clock(seconds=read_number(members, "seconds"), actor=self.actor, at=self.now)))

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return what the clock showed then."""
        return Response(clock_shape(reading_recorded(event)))


class CustomerSimulation(SandboxView):
    """`/sandbox/customers/{customer_id}/simulate`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.SIMULATE_CUSTOMER)
    def post(self, request: Request, customer_id: str) -> Response:
        """Make something happen to a customer. 202 telling when it shows; 404; 409 naming the stages in which it can happen; 422."""
        order = read_order(members_of(request))
        effect = simulate(customer_id, order, actor=self.actor, at=self.now)
        return Response(simulation_shape(customer_id, order, effect), status=202)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Say when it shows; what was done by us alone, and died before it was noted, is done."""
        effect = Effect(event.data.get("effect", Effect.NOW.value))
        return Response(simulation_shape(ids["customer_id"], read_order(members_of(request)), effect), status=202)


class WebhookChaosView(SandboxView):
    """`/sandbox/webhooks/chaos`."""

    required_scopes = {"POST": SCOPE}

    @extend_schema(**docs.CAUSE_WEBHOOK_CHAOS)
    def post(self, request: Request) -> Response:
        """Have the next deliveries go wrong. 200 with what was asked for; 422."""
        members = members_of(request)
        refuse_unknown(members, ("faults", "deliveries"))
        faults, deliveries = read_faults(members), read_number(members, "deliveries")
        cause_chaos(faults=faults, deliveries=deliveries, actor=self.actor, at=self.now)
        return Response({"faults": [fault.value for fault in faults], "deliveries": deliveries})

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return what was asked for."""
        return Response({"faults": event.data["faults"], "deliveries": event.data["deliveries"]})


class IntegrationCheckView(SandboxView):
    """`/sandbox/integration-check`."""

    required_scopes = {"POST": SCOPE, "GET": SCOPE}

    @extend_schema(**check_docs.START_INTEGRATION_CHECK)
    def post(self, request: Request) -> Response:
        """Have an endpoint graded. 202 with the check, which is running; 404; 409 while one runs; 422."""
        members = members_of(request)
        refuse_unknown(members, ("endpoint_id",))
        endpoint_id = members.get("endpoint_id")
        if not isinstance(endpoint_id, str) or not endpoint_id:
            code = "required" if endpoint_id is None else "wrong_type"
            raise InvalidRequest(errors=[InvalidMember("/endpoint_id", code, "Give the `id` of a webhook endpoint.")])
        if "\x00" in endpoint_id:
            raise InvalidRequest(errors=[nul_in("/endpoint_id")])
        return Response(integration_check_shape(start_integration_check(endpoint_id, actor=self.actor, at=self.now)), status=202)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the last check: the one that was started, or one that has taken its place."""
        return Response(integration_check_shape(read_integration_check()), status=202)

    @extend_schema(**check_docs.READ_INTEGRATION_CHECK)
    def get(self, request: Request) -> Response:
        """Read the last check. 200, or 404 when there was none."""
        return Response(integration_check_shape(read_integration_check()))


def integration_check_shape(check: IntegrationCheck) -> dict[str, Any]:
    """Return a check with every case; a remedy stands where one did not pass."""
    is_finished = check.finished_at is not None
    results = {result["name"]: result for result in check.results}
    cases = []
    for case in CASES if is_finished else ():
        result = results.get(case.name, {"passed": False, "seen": []})
        told = {"name": case.name, "title": case.title, "passed": result["passed"], "expected": case.expected}
        seen = [{**one, "failure": one["failure"] or None} for one in result["seen"]]
        cases.append({**told, "seen": seen, "remedy": None if result["passed"] else case.remedy})
    return {
        "id": check.uid,
        "endpoint_id": check.endpoint_uid,
        "state": "finished" if is_finished else "running",
        "passed": all(case["passed"] for case in cases) if is_finished else None,
        "started_at": check.started_at,
        "finished_at": check.finished_at,
        "cases": cases,
    }


def read_faults(members: dict[str, Any]) -> list[Fault]:
    """Return the list of faults. Raises InvalidRequest naming each that is unknown."""
    faults = members.get("faults")
    if not isinstance(faults, list):
        code = "required" if faults is None else "wrong_type"
        raise InvalidRequest(errors=[InvalidMember("/faults", code, f"Give a list of {', '.join(Fault)}.")])
    known = set(Fault)
    errors = [
        InvalidMember(f"/faults/{place}", "invalid_choice", f"Give one of {', '.join(Fault)}.")
        for place, fault in enumerate(faults)
        if not isinstance(fault, str) or fault not in known
    ]
    if errors:
        raise InvalidRequest(errors=errors)
    return [Fault(fault) for fault in faults]


def read_order(members: dict[str, Any]) -> Order:
    """Return what is to happen, from `{"action", "doc_type", "reason"}`. Raises InvalidRequest naming what does not belong together."""
    refuse_unknown(members, ("action", "doc_type", "reason"))
    action = Action(read_choice(members, "action", tuple(Action)))
    needless = []
    if members.get("doc_type") is not None and action not in (Action.REJECT_DOCUMENT, Action.EXPIRE):
        needless.append(InvalidMember("/doc_type", "not_allowed", "Only reject_document and expire are about a document."))
    if members.get("reason") is not None and action not in REASONS:
        needless.append(InvalidMember("/reason", "not_allowed", f"Only {', '.join(REASONS)} have a reason."))
    if needless:
        raise InvalidRequest(errors=needless)
    doc_type = None
    if action is Action.REJECT_DOCUMENT or members.get("doc_type") is not None:
        doc_type = DocType(read_choice(members, "doc_type", tuple(DocType.values)))
    known = REASONS.get(action, ())
    if known and members.get("reason") is not None:
        return Order(action, doc_type, read_choice(members, "reason", known))
    return Order(action, doc_type, known[0] if known else "")


def simulation_shape(customer_id: str, order: Order, effect: Effect) -> dict[str, Any]:
    """Return what was asked for, defaults filled in, and when it shows."""
    return {
        "customer_id": customer_id,
        "action": order.action.value,
        "doc_type": order.doc_type,
        "reason": order.reason or None,
        "takes_effect": effect.value,
    }


def clock_shape(reading: ClockReading) -> dict[str, Any]:
    """Return a reading of the clock."""
    return {"now": reading.now, "advanced_seconds": int(reading.advanced.total_seconds())}


def read_number(members: dict[str, Any], name: str) -> int:
    """Return a member that must be a whole number. Raises InvalidRequest."""
    number = whole_number(members.get(name))
    if number is None:
        code = "required" if members.get(name) is None else "wrong_type"
        raise InvalidRequest(errors=[InvalidMember(f"/{name}", code, "Give a whole number.")])
    return number
