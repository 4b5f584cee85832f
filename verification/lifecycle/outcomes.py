"""What a provider's answer comes down to, in our own words. Outcome, reasons and lifecycle are three things."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import TextChoices

from verification.levels.doc_types import DocType


class Outcome(TextChoices):
    """The outcome of a check as a whole, or of one document in it."""

    CLEAR = "clear"  # nothing speaks against it
    REJECTED = "rejected"  # this document will not do; another one may
    SUSPECT = "suspect"  # it speaks of fraud, or of somebody who may not be served: another photo does not help
    UNSURE = "unsure"  # the provider cannot tell, or said something we do not know: a person looks at it


@dataclass(frozen=True)
class DocumentResult:
    """The outcome of one document, with the codes of our reason catalogue (`lifecycle/reasons.py`)."""

    doc_type: DocType
    outcome: Outcome
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckResult:
    """A provider's whole answer, normalised: pure data, the same for the same raw answer.

    `documents` has an entry for each document that was asked about; `reasons` are those of no single document. `version` grows
    when the provider changes its mind about the same check (a reopened check), so that an older answer is told from a newer.
    """

    outcome: Outcome
    documents: tuple[DocumentResult, ...]
    reasons: tuple[str, ...] = ()
    version: int = 1
    scores: Mapping[str, float] = field(default_factory=dict)
