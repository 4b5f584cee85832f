"""What the provider answers, and when: pure functions of the scenario and of what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from verification.providers.sandbox.service.scenarios import DOCUMENT_FAULTS, Scenario

OUT_OF_ORDER_SECONDS: Final = 1.0

Turn = Literal["answer", "hesitate", "pass", "reopen", "decline"]


@dataclass(frozen=True)
class Step:
    """One thing that will happen to a check: after how long, what, and how long after that each callback goes out."""

    after_seconds: float
    turn: Turn
    callbacks_after_seconds: tuple[float, ...] = (0.0,)


@dataclass(frozen=True)
class Seen:
    """One document of a check. `is_first` says that no other document of its kind was submitted before it under this scenario."""

    id: str
    kind: str
    reference: str
    findings: tuple[str, ...]
    is_first: bool


@dataclass(frozen=True)
class DocumentAnswer:
    """The provider's word on one document."""

    id: str
    kind: str
    reference: str
    verdict: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """The provider's word on a check."""

    verdict: str
    documents: tuple[DocumentAnswer, ...]
    findings: tuple[str, ...] = field(default=())


def plan(scenario: Scenario, delay_seconds: float) -> tuple[Step, ...]:
    """Return what will happen to a check of this scenario, in order."""
    match scenario.name:
        case "never_answers":
            return ()
        case "slow":
            return (Step(scenario.number, "answer"),)
        case "answers_twice":
            return (Step(delay_seconds, "answer", (0.0, OUT_OF_ORDER_SECONDS)),)
        case "out_of_order":
            return (Step(delay_seconds, "hesitate", (OUT_OF_ORDER_SECONDS,)), Step(delay_seconds, "answer"))
        case "reopens_after_approval":
            reopened = delay_seconds + scenario.number
            return (Step(delay_seconds, "pass"), Step(reopened, "reopen"), Step(reopened + delay_seconds, "decline"))
        case _:
            return (Step(delay_seconds, "answer"),)


def answer(scenario: Scenario, documents: Sequence[Seen], turn: Turn = "answer") -> Answer:
    """Return the verdict on a check of at least one document. What is said of the person outweighs what is seen of a document."""
    if turn == "decline":
        return Answer("declined", _all_passed(documents), ("LISTED_PERSON",))
    if turn == "hesitate":
        return Answer("undetermined", _all_passed(documents), ("INCONCLUSIVE",))
    if turn == "pass" or scenario.name == "approve":
        return Answer("passed", _all_passed(documents))
    if scenario.name == "unknown_answer":
        return Answer("iridescent", _all_passed(documents), ("SOLAR_FLARE",))
    answered = tuple(_judge(scenario, document, suspect=_suspect(documents)) for document in documents)
    if scenario.name in ("decline", "unsure") and scenario.fault is not None:
        return Answer(scenario.fault.verdict, answered, (scenario.fault.finding,))
    verdicts = {document.verdict for document in answered}
    return Answer(next(verdict for verdict in ("suspected", "rejected", "passed") if verdict in verdicts), answered)


def _suspect(documents: Sequence[Seen]) -> Seen:
    return next((document for document in documents if document.kind == "ID_FRONT"), documents[0])


def _judge(scenario: Scenario, document: Seen, *, suspect: Seen) -> DocumentAnswer:
    fault = None
    if scenario.name == "reject" and document.kind == scenario.document_kind and document.is_first:
        fault = scenario.fault
    if scenario.name == "suspected_fraud" and document is suspect:
        fault = DOCUMENT_FAULTS["document_forged"]
    if fault is not None:
        return DocumentAnswer(document.id, document.kind, document.reference, fault.verdict, (fault.finding,))
    verdict = "rejected" if document.findings else "passed"
    return DocumentAnswer(document.id, document.kind, document.reference, verdict, document.findings)


def _all_passed(documents: Sequence[Seen]) -> tuple[DocumentAnswer, ...]:
    return tuple(DocumentAnswer(document.id, document.kind, document.reference, "passed") for document in documents)
