"""The customer endpoints: register, find, read, replace."""

from dataclasses import fields
from datetime import date
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kyc_platform.errors import InvalidMember, InvalidRequest
from kyc_platform.requests.json import dump_json
from kyc_platform.requests.paging import page_of, read_page
from verification.api import documentation as docs
from verification.api.base import MerchantView, members_of, query_of
from verification.api.idempotent import event_beside
from verification.api.moments import read_moment
from verification.api.shapes import customer_shape, reverification_shape
from verification.api.status import merchant_status, standing_of
from verification.customers.records import CustomerFilter, find_customer, find_customer_by_pk, matching
from verification.customers.stages import Stage, Status
from verification.customers.status_floor import recall, store
from verification.customers.validation.customers import read_customer
from verification.customers.validation.types import CustomerData
from verification.events.models import Event
from verification.events.types import EventType
from verification.levels.lookup import DEFAULT_LEVEL, level_names
from verification.levels.models import Level
from verification.workflow.opening import register_customer
from verification.workflow.updating import replace_customer

STATUS_CACHE_SECONDS = 600
FILTERS = tuple(field.name for field in fields(CustomerFilter))


class CustomerList(MerchantView):
    """`/customers`."""

    required_scopes = {"POST": "customers:write", "GET": "customers:read"}

    @extend_schema(**docs.CREATE_CUSTOMER)
    def post(self, request: Request) -> Response:
        """Register a customer. 201 with the customer; 409 when the `customer_id` is taken; 422 naming every invalid member."""
        data = _read(members_of(request), self.now.date(), level=None)
        customer = register_customer(data, actor=self.actor, at=self.now)
        return Response(customer_shape(customer, self.key), status=201)

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the customer who was registered."""
        return Response(customer_shape(find_customer_by_pk(event.customer_pk or 0), self.key), status=201)

    @extend_schema(**docs.LIST_CUSTOMERS)
    def get(self, request: Request) -> Response:
        """List customers, newest first. 200 with a page; 422 naming a parameter that is wrong."""
        parameters = query_of(request, (*FILTERS, "limit", "cursor"))
        page = read_page(parameters)
        rows = matching(_read_filter(parameters))
        return Response(page_of(rows, page, lambda customer: customer_shape(customer, self.key)))


class CustomerDetail(MerchantView):
    """`/customers/{customer_id}`."""

    required_scopes = {"GET": "customers:read", "PUT": "customers:write"}

    @extend_schema(**docs.READ_CUSTOMER)
    def get(self, request: Request, customer_id: str) -> Response:
        """Read one customer. 200, or 404."""
        return Response(customer_shape(find_customer(customer_id), self.key))

    @extend_schema(**docs.REPLACE_CUSTOMER)
    def put(self, request: Request, customer_id: str) -> Response:
        """Replace a customer's data and verify again what that touches. 200 with `reverification`; 404; 422."""
        present = find_customer(customer_id)
        members = dict(members_of(request))
        if members.setdefault("customer_id", customer_id) != customer_id:
            raise InvalidRequest(
                errors=[InvalidMember("/customer_id", "mismatch", "It differs from the path. A customer_id cannot change.")]
            )
        data = _read(members, self.now.date(), level=present.level, accepts_expired=True)
        customer, reverification = replace_customer(data, actor=self.actor, at=self.now)
        return Response({**customer_shape(customer, self.key), "reverification": reverification_shape(reverification)})

    def answer_again(self, request: Request, event: Event, **ids: str) -> Response:
        """Return the customer whose data was replaced, and what that set in motion."""
        told = event_beside(event, EventType.CUSTOMER_UPDATED).data["reverification"]
        in_order = {name: told[name] for name in ("required", "because", "documents")}  # the database keeps no order of members
        return Response({**customer_shape(find_customer_by_pk(event.customer_pk or 0), self.key), "reverification": in_order})


class KycStatus(MerchantView):
    """`/customers/{customer_id}/kyc-status`."""

    required_scopes = {"GET": "customers:read"}

    @extend_schema(**docs.READ_STATUS)
    def get(self, request: Request, customer_id: str) -> HttpResponse:
        """Read where a customer stands, document by document. 200, or 404. What is answered here, `fast_status` answers next time."""
        word = recall(self.key.context.schema)
        standing = standing_of(find_customer(customer_id))
        body = dump_json(merchant_status(standing))
        store(self.key.context.schema, customer_id, standing.customer.sequence, body, STATUS_CACHE_SECONDS, word=word)
        return HttpResponse(body, content_type="application/json")


def _read(members: dict[str, Any], today: date, *, level: Level | None, accepts_expired: bool = False) -> CustomerData:
    """Return the customer in a body, held to the minimum age of the level that it names, or of `level`, or of the default one."""
    names = level_names()
    wanted = members.get("level")
    name = wanted if isinstance(wanted, str) and wanted in names else (level.name if level else DEFAULT_LEVEL)
    minimum_age = Level.objects.values_list("minimum_age", flat=True).get(name=name)
    return read_customer(members, today=today, minimum_age=minimum_age, known_levels=names, accepts_expired=accepts_expired)


def _read_filter(parameters: dict[str, str]) -> CustomerFilter:
    errors: list[InvalidMember] = []
    wanted: dict[str, Any] = {name: parameters[name] for name in FILTERS if name in parameters}
    for name, choices in (("status", Status.values), ("stage", Stage.values)):
        if name in wanted and wanted[name] not in choices:
            errors.append(InvalidMember(f"/{name}", "invalid_choice", f"Give one of {', '.join(choices)}."))
    for name in ("created_from", "created_to"):
        if name in wanted:
            wanted[name] = moment = read_moment(wanted[name])
            if moment is None:
                errors.append(InvalidMember(f"/{name}", "invalid_moment", "Give a day (2026-01-31) or an RFC 3339 moment with its offset."))
    if errors:
        raise InvalidRequest(errors=errors)
    return CustomerFilter(**wanted)
