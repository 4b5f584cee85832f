"""Driving a sandbox: its clock. Refused with a live key."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kyc_platform.errors import InvalidMember, InvalidRequest
from tenants.api_keys.permissions import HasScope
from verification.api.base import MerchantView, members_of, refuse_unknown
from verification.api.documentation import sandbox as docs
from verification.events.models import Event
from verification.sandbox.errors import require_sandbox
from verification.workflow.driving import ClockReading, advance_clock, read_clock

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
        """Return what the clock shows."""
        return Response(clock_shape(read_clock()))


def clock_shape(reading: ClockReading) -> dict[str, Any]:
    """Return a reading of the clock."""
    return {"now": reading.now, "advanced_seconds": int(reading.advanced.total_seconds())}


def read_number(members: dict[str, Any], name: str) -> int:
    """Return a member that must be a whole number. Raises InvalidRequest."""
    value = members.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        code = "required" if value is None else "wrong_type"
        raise InvalidRequest(errors=[InvalidMember(f"/{name}", code, "Give a whole number.")])
    return value
