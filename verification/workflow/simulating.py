"""How a merchant makes things happen to a customer of its sandbox: the sandbox provider, a reviewer or time is played, and nothing else.

What follows goes the way of live data: the provider's callback, the answer fetched from it, the decision, the events.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from kyc_platform.actor import Actor
from kyc_platform.errors import Conflict, DomainError
from tenants.routing.context import current_merchant
from verification import jobs
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import find_customer
from verification.customers.sealed import open_data
from verification.customers.stages import Stage
from verification.documents import records
from verification.events.types import AuditType
from verification.levels.doc_types import DocType
from verification.lifecycle.models import Verification
from verification.lifecycle.runs import newest_run
from verification.lifecycle.states import COMPLETE
from verification.providers import checks
from verification.providers.interface import ErrorClass, ProviderError
from verification.providers.models import CheckState, ProviderCheck
from verification.providers.registry import provider_for
from verification.providers.sandbox.adapter import SandboxAdapter
from verification.providers.sandbox.service.scenarios import DECLINE_FAULTS, DOCUMENT_FAULTS, UNSURE_FAULTS
from verification.reviews.models import ReviewDecision
from verification.sandbox.errors import require_sandbox
from verification.workflow.announcing import record
from verification.workflow.checking import applicant_of
from verification.workflow.expiring import expire_verification
from verification.workflow.reviewing import Verdict, decide_review


class Action(StrEnum):
    """What can be made to happen."""

    APPROVE = "approve"
    DECLINE = "decline"
    REJECT_DOCUMENT = "reject_document"
    REVIEW = "review"
    REOPEN = "reopen"
    EXPIRE = "expire"
    PROVIDER_OUTAGE = "provider_outage"


class Effect(StrEnum):
    """When an action shows."""

    NOW = "now"  # it is done
    SOON = "soon"  # the provider has been told, and its word is on the way
    NEXT_CHECK = "next_check"  # the provider has been told, and waits for the documents


BEFORE_AN_ANSWER = (Stage.COLLECTING, Stage.RESUBMIT, Stage.SUBMITTED, Stage.CHECKING)
STAGES: dict[Action, tuple[Stage, ...]] = {
    Action.APPROVE: (*BEFORE_AN_ANSWER, Stage.IN_REVIEW),
    Action.DECLINE: (*BEFORE_AN_ANSWER, Stage.IN_REVIEW),
    Action.REJECT_DOCUMENT: (*BEFORE_AN_ANSWER, Stage.IN_REVIEW),
    Action.REVIEW: BEFORE_AN_ANSWER,
    Action.PROVIDER_OUTAGE: BEFORE_AN_ANSWER,
    Action.REOPEN: (Stage.APPROVED,),
    Action.EXPIRE: (Stage.APPROVED,),
}
# What can be given as a reason, in our own codes; the first when none is given.
REASONS: dict[Action, tuple[str, ...]] = {
    Action.REJECT_DOCUMENT: tuple(DOCUMENT_FAULTS),
    Action.DECLINE: tuple(DECLINE_FAULTS),
    Action.REVIEW: tuple(UNSURE_FAULTS),
}


class NotPossibleNow(Conflict):
    """The customer is not where this could happen."""

    code = "simulation_not_possible"
    title = "This cannot happen to the customer now"
    remedy = "`detail` names the stages in which it can; bring the customer there first."


class SandboxProviderAway(DomainError):
    """The sandbox provider does not answer."""

    code = "sandbox_provider_unavailable"
    title = "The sandbox provider does not answer"
    http_status = 503
    remedy = "Send the same request again in a few seconds."
    retry_after_seconds = 5


@dataclass(frozen=True)
class Order:
    """An action with its arguments: a document for REJECT_DOCUMENT, perhaps for EXPIRE; a reason for what is rejected or doubted."""

    action: Action
    doc_type: DocType | None = None
    reason: str = ""

    @property
    def scenario(self) -> str:
        """What the sandbox provider is told."""
        match self.action:
            case Action.DECLINE:
                return f"decline:{self.reason}"
            case Action.REJECT_DOCUMENT:
                return f"reject:{self.doc_type}:{self.reason}"
            case Action.REVIEW:
                return f"unsure:{self.reason}"
            case Action.PROVIDER_OUTAGE:
                return "outage"
            case _:
                return "approve"


def simulate(customer_id: str, order: Order, *, actor: Actor, at: datetime) -> Effect:
    """Make something happen to a customer of the current sandbox, and tell when it shows.

    Raises SandboxOnly, CustomerNotFound, DocumentNotRequired, NotPossibleNow or SandboxProviderAway.
    """
    require_sandbox()
    customer = find_customer(customer_id)
    verification = newest_run(customer)
    _require_stage(order, Stage(verification.stage))
    if order.doc_type is not None:
        records.check_required(order.doc_type, records.required_documents(customer))
    if order.action is Action.EXPIRE:
        expire_verification(customer_id, doc_types=[order.doc_type] if order.doc_type else [], actor=actor, at=at)
        effect = Effect.NOW
    elif verification.stage == Stage.IN_REVIEW:
        decide_review(customer_id, verification.uid, _verdict(order), actor=actor, at=at)
        effect = Effect.NOW
    else:
        effect = _tell_provider(order, customer, verification)
    with transaction.atomic():
        told = {"action": order.action.value, "effect": effect.value}
        record(AuditType.CUSTOMER_SIMULATED, customer=customer, actor=actor, at=at, data=told)
        if order.action is Action.PROVIDER_OUTAGE and effect is Effect.SOON:
            jobs.poll_check(verification.pk)  # so that somebody meets the outage now
    return effect


def _tell_provider(order: Order, customer: Customer, verification: Verification) -> Effect:
    name = verification.level.provider
    adapter = provider_for(name, livemode=current_merchant().livemode) if name == SandboxAdapter.name else None
    if not isinstance(adapter, SandboxAdapter):
        raise NotPossibleNow("The customer's level asks another provider; only the sandbox provider can be told what to answer.")
    is_answer = order.action is not Action.PROVIDER_OUTAGE
    try:
        if order.action is Action.REOPEN:
            answered = _answered(checks.newest_check(verification))
            # The same until something has changed: a process may die after the provider did it, and be repeated.
            adapter.reopen(answered.reference, idempotency_key=f"{answered.uid}-{customer.sequence}")
            return Effect.SOON
        if verification.stage != Stage.CHECKING or not is_answer:
            adapter.choose_scenario(applicant_of(customer, open_data(customer, customer_keyring(customer))), order.scenario)
        # A check that began before the choice goes by what was chosen before; one that begins after it does not.
        if is_answer and (check := checks.running_check(verification)) is not None:
            adapter.answer_now(check.uid, order.scenario)
    except ProviderError as error:
        if error.error_class is ErrorClass.REFUSED:
            raise NotPossibleNow("The provider has no answer to this customer that it could take back or give.") from None
        raise SandboxProviderAway from None
    return Effect.SOON if verification.stage in COMPLETE else Effect.NEXT_CHECK


def _answered(check: ProviderCheck | None) -> ProviderCheck:
    if check is None or check.state != CheckState.ANSWERED:
        raise NotPossibleNow("No provider has answered about this customer: a person has decided, and there is nothing to take back.")
    return check


def _require_stage(order: Order, stage: Stage) -> None:
    possible = STAGES[order.action]
    if stage not in possible:
        raise NotPossibleNow(f"{order.action} is for a customer in {', '.join(possible)}; this one is in {stage.value}.")


def _verdict(order: Order) -> Verdict:
    """Return what a reviewer says: the order is for a person to carry out."""
    if order.action is Action.DECLINE:
        return Verdict(ReviewDecision.DECLINE, (order.reason,))
    if order.action is Action.REJECT_DOCUMENT and order.doc_type is not None:
        return Verdict(ReviewDecision.RESUBMIT, rejected={order.doc_type: (order.reason,)})
    return Verdict(ReviewDecision.APPROVE)
