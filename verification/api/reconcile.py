"""`POST /reconcile`: what a merchant believes of its customers, held against what is so."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, members_of, nul_in, refuse_unknown, whole_number
from verification.api.documentation import reconcile as docs
from verification.api.documentation.reconcile import CUSTOMERS_MAX, SEQUENCE_MAX
from verification.customers.models import Customer
from verification.customers.stages import Stage, Status, is_final
from verification.events.models import Event
from verification.workflow.reconciling import Known, reconcile

ERRORS_MAX = 100
MEMBERS = ("customer_id", "status", "sequence")


class Reconcile(MerchantView):
    """`/reconcile`."""

    required_scopes = {"POST": "events:read"}

    @extend_schema(**docs.RECONCILE)
    def post(self, request: Request) -> Response:
        """Tell which customers differ from what the merchant believes, and what is so. 200; 422 naming what is wrong. Changes nothing."""
        known = _read(request)
        found = reconcile(known)
        return Response(
            {
                "checked": len(known),
                "differing": [_as_it_is(customer) for customer in found.differing],
                "unknown": found.unknown,
                "livemode": current_merchant().livemode,
            }
        )

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Answer anew: it changes nothing, so nothing had happened."""
        return self.post(request)


def _as_it_is(customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.customer_id,
        "status": customer.status,
        "stage": customer.stage,
        "final": is_final(Stage(customer.stage)),
        "sequence": customer.sequence,
        "updated_at": customer.updated_at,
    }


def _read(request: Request) -> list[Known]:
    """Return the entries of `{"customers": […]}` or of a bare list. Raises InvalidRequest naming at most ERRORS_MAX of what is wrong."""
    before = ""
    entries: Any = request.data
    if not isinstance(entries, list):
        members = members_of(request)
        refuse_unknown(members, ("customers",))
        before, entries = "/customers", members.get("customers")
    if not isinstance(entries, list):
        code = "required" if entries is None else "wrong_type"
        raise InvalidRequest(errors=[InvalidMember(before, code, "Give a list of objects with customer_id, status and sequence.")])
    if len(entries) > CUSTOMERS_MAX:
        raise InvalidRequest(
            errors=[InvalidMember(before, "too_many", f"Give at most {CUSTOMERS_MAX} at once, and the others in another call.")]
        )
    errors: list[InvalidMember] = []
    seen: set[str] = set()
    known = []
    for number, entry in enumerate(entries):
        wrong = _faults(entry, f"{before}/{number}", seen)
        if wrong:
            errors += wrong
        else:
            seen.add(entry["customer_id"])
            known.append(Known(entry["customer_id"], entry["status"], int(entry["sequence"])))
        if len(errors) >= ERRORS_MAX:
            break
    if errors:
        raise InvalidRequest(errors=errors[:ERRORS_MAX])
    return known


def _faults(entry: object, pointer: str, seen: set[str]) -> list[InvalidMember]:
    if not isinstance(entry, dict):
        return [InvalidMember(pointer, "wrong_type", "Give an object with customer_id, status and sequence.")]
    faults = [
        InvalidMember(f"{pointer}/{name}", "unknown_member", f"Known here: {', '.join(MEMBERS)}.") for name in entry if name not in MEMBERS
    ]
    customer_id, status, sequence = (entry.get(name) for name in MEMBERS)
    if not isinstance(customer_id, str) or not customer_id:
        code = "required" if customer_id is None else "wrong_type"
        faults.append(InvalidMember(f"{pointer}/customer_id", code, "Give your own id of the customer."))
    elif "\x00" in customer_id:
        faults.append(nul_in(f"{pointer}/customer_id"))
    elif customer_id in seen:
        faults.append(InvalidMember(f"{pointer}/customer_id", "duplicate", "Name each customer once."))
    if not isinstance(status, str) or status not in Status.values:
        code = "required" if status is None else "invalid_choice"
        faults.append(InvalidMember(f"{pointer}/status", code, f"Give one of {', '.join(Status.values)}."))
    number = whole_number(sequence)
    if number is None or not 0 <= number <= SEQUENCE_MAX:
        code = "required" if sequence is None else "out_of_range"
        faults.append(
            InvalidMember(f"{pointer}/sequence", code, "Give the last sequence that you know of the customer; 0 if you know none.")
        )
    return faults
