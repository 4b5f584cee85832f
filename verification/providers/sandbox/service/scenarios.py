"""The scenarios that an applicant can be given, as data: what is written, what then happens, and the faults a document can have.

A scenario is a word with at most two arguments, `reject:SELFIE:image_blurred`. This module is the single source: the deciding
reads it, `/docs` and `docs/sandbox-provider.md` are printed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DOCUMENT_KINDS: Final = ("ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE")
SECONDS_MAX: Final = 86_400
REQUESTS_MAX: Final = 100


@dataclass(frozen=True)
class Fault:
    """Something that can be wrong: the word for it in a scenario, the finding that the API then reports, and the verdict it leads to."""

    word: str
    finding: str
    verdict: str


def _faults(verdict: str, **findings: str) -> dict[str, Fault]:
    return {word: Fault(word, finding, verdict) for word, finding in findings.items()}


# What a document can be told to have (`reject:<DOC_TYPE>:<reason>`).
DOCUMENT_FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    _faults(
        "rejected",
        image_blurred="BLURRED_PHOTO",
        image_dark="DARK_PHOTO",
        image_glare="GLARE_ON_PHOTO",
        image_cut_off="CUT_OFF",
        image_covered="COVERED",
        image_unreadable="UNREADABLE_FILE",
        image_too_small="TOO_SMALL",
        black_and_white="NO_COLOUR",
        screenshot_or_screen="PHOTO_OF_SCREEN",
        printed_copy="PRINTED_PAPER",
        scanned_copy="SCAN",
        no_document="NOTHING_TO_SEE",
        two_documents="TWO_DOCUMENTS",
        wrong_side="INCORRECT_SIDE",
        side_missing="MISSING_SIDE",
        digital_document="DIGITAL_DOCUMENT",
        document_damaged="DAMAGED",
        document_unsupported="UNSUPPORTED_DOCUMENT",
        document_expired="EXPIRED",
        data_mismatch="DATA_DIFFERS",
        data_inconsistent="DATA_CONTRADICTS_ITSELF",
        mrz_invalid="MRZ_CHECK_FAILED",
        face_mismatch="FACE_DIFFERS",
        no_face="NO_FACE",
        many_faces="MANY_FACES",
        poa_too_old="PROOF_TOO_OLD",
        poa_issue_date_missing="PROOF_WITHOUT_DATE",
        poa_name_mismatch="PROOF_NAME_DIFFERS",
        poa_address_mismatch="PROOF_ADDRESS_DIFFERS",
        poa_unsupported="PROOF_UNSUPPORTED",
        poa_issuer_unknown="PROOF_ISSUER_UNKNOWN",
        poa_language="PROOF_LANGUAGE",
    )
    | _faults(
        "suspected",
        document_forged="FORGERY",
        digital_tampering="EDITED_IMAGE",
        document_lost_stolen="LOST_OR_STOLEN",
        repeat_use="SEEN_BEFORE",
        liveness_failed="NOT_LIVE",
        capture_untrusted="UNTRUSTED_CAPTURE",
    )
)

# What the person can be told to be (`decline:<reason>`, `unsure:<reason>`).
DECLINE_FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    _faults("declined", blocklisted="LISTED_PERSON", under_age="BELOW_AGE", country_not_allowed="EXCLUDED_COUNTRY")
)
UNSURE_FAULTS: Final[Mapping[str, Fault]] = MappingProxyType(
    _faults("undetermined", other="INCONCLUSIVE", aml_hit="POSSIBLE_LIST_MATCH", check_unavailable="SOURCE_UNAVAILABLE")
)


@dataclass(frozen=True)
class Kind:
    """One kind of scenario: how it is written, what happens, and the numbers or reasons that its argument may be."""

    name: str
    written: str
    happens: str
    number: int | None = None  # the default of a numeric argument
    number_max: int = 0
    reasons: Mapping[str, Fault] | None = None  # the reasons that the last argument may name
    has_document: bool = False

    @property
    def default_reason(self) -> str | None:
        """The reason when none is written; None where one must be."""
        return next(iter(self.reasons)) if self.reasons and not self.has_document else None


BY_SIGHT: Final = "by_sight"

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Kind(BY_SIGHT, "by_sight", "The default. What cannot be opened, is empty or tiny is rejected; every other document passes."),
            Kind("approve", "approve", "Every document passes, whatever it shows."),
            Kind(
                "reject",
                "reject:<DOC_TYPE>:<reason>",
                "The first submission of that document is rejected for that reason; a later one passes.",
                reasons=DOCUMENT_FAULTS,
                has_document=True,
            ),
            Kind("decline", "decline[:<reason>]", "The person is declined; the documents are found good.", reasons=DECLINE_FAULTS),
            Kind(
                "suspected_fraud",
                "suspected_fraud",
                "The front, or else the first document, is found to be forged.",
            ),
            Kind("unsure", "unsure[:<reason>]", "The answer is that a person should look.", reasons=UNSURE_FAULTS),
            Kind("slow", "slow[:<seconds>]", "The answer comes after so many seconds.", 30, SECONDS_MAX),
            Kind("never_answers", "never_answers", "The check is taken, and no answer ever comes."),
            Kind("answers_twice", "answers_twice", "The same callback, with the same id, is sent twice."),
            Kind(
                "out_of_order",
                "out_of_order",
                "Undetermined at first, passed a moment later; the callback of the second answer arrives first.",
            ),
            Kind("wrong_signature", "wrong_signature", "Callbacks are signed with another secret: only asking finds the answer."),
            Kind(
                "server_errors",
                "server_errors[:<requests>]",
                "The next so many requests for the applicant are answered 500.",
                3,
                REQUESTS_MAX,
            ),
            Kind(
                "throttled",
                "throttled[:<requests>]",
                "The next so many requests for the applicant are answered 429, with Retry-After.",
                2,
                REQUESTS_MAX,
            ),
            Kind("outage", "outage[:<seconds>]", "Requests for the applicant are answered 503 for so many seconds.", 20, SECONDS_MAX),
            Kind("unknown_answer", "unknown_answer", "The answer is a verdict and a finding that are in no documentation."),
            Kind(
                "reopens_after_approval",
                "reopens_after_approval[:<seconds>]",
                "Approved, reopened after so many seconds, and then declined.",
                5,
                SECONDS_MAX,
            ),
        )
    }
)


class UnknownScenario(ValueError):
    """The text names no scenario; the message says what would be right."""


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read: its kind and its arguments, defaults filled in."""

    name: str
    document_kind: str | None = None
    fault: Fault | None = None
    number: int = 0


def read_scenario(text: str) -> Scenario:
    """Read a scenario as it is written. Raises UnknownScenario."""
    name, *arguments = text.strip().split(":")
    kind = KINDS.get(name)
    if kind is None:
        raise UnknownScenario(f"no such scenario; one of {', '.join(KINDS)}")
    wanted = UnknownScenario(f"written {kind.written}")
    document_kind = None
    if kind.has_document:
        if not arguments or arguments[0] not in DOCUMENT_KINDS:
            raise UnknownScenario(f"written {kind.written}, with a DOC_TYPE of {', '.join(DOCUMENT_KINDS)}")
        document_kind = arguments.pop(0)
    if len(arguments) > 1:
        raise wanted
    if kind.reasons is not None:
        word = arguments[0] if arguments else kind.default_reason
        if word is None or word not in kind.reasons:
            raise UnknownScenario(f"written {kind.written}, with a reason of {', '.join(kind.reasons)}")
        return Scenario(name, document_kind, kind.reasons[word])
    if kind.number is not None:
        return Scenario(name, number=_read_number(arguments[0], kind) if arguments else kind.number)
    if arguments:
        raise wanted
    return Scenario(name)


def _read_number(text: str, kind: Kind) -> int:
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:6]) <= kind.number_max:
        raise UnknownScenario(f"written {kind.written}, with a whole number from 1 to {kind.number_max}")
    return int(text)


def catalogue() -> str:
    """Return the scenarios and their reasons as Markdown."""
    lines = ["| scenario | what happens |", "|---|---|"]
    for kind in KINDS.values():
        default = f" Default {kind.number}." if kind.number is not None else ""
        if kind.default_reason:
            default = f" Default `{kind.default_reason}`."
        lines.append(f"| `{kind.written}` | {kind.happens}{default} |")
    for heading, faults in (("reject", DOCUMENT_FAULTS), ("decline", DECLINE_FAULTS), ("unsure", UNSURE_FAULTS)):
        lines += ["", f"Reasons of `{heading}`:", "", "| reason | finding in the answer | verdict |", "|---|---|---|"]
        lines += [f"| `{fault.word}` | `{fault.finding}` | {fault.verdict} |" for fault in faults.values()]
    return "\n".join(lines) + "\n"
