"""The catalogue of reasons: why a document or a customer was not simply accepted, in our own words.

Every adapter maps its provider's codes to these; a code nobody knows becomes `other`, which a person looks at, never an
approval. The words for the end user say what to do and accuse nobody; those for the reviewer say what was found. Codes are
frozen once they were sent to a merchant. They cover what real providers report: Onfido's breakdowns (OpenAPI v3.6), Sumsub's
ReviewLabel list, Didit's risks and Stripe Identity's errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Reason:
    """One reason. `is_user_fixable` means that the end user can do something about it: another photo, or another document."""

    code: str
    is_user_fixable: bool
    for_user: str
    for_reviewer: str


_CATALOGUE = (
    # The picture itself.
    Reason("image_blurred", True, "The photo is blurred. Take it again in good light.", "The image is out of focus or shaken."),
    Reason("image_dark", True, "The photo is too dark. Take it again in good light.", "The image is too dark to read."),
    Reason(
        "image_glare", True, "Light is reflected in the photo. Take it again without a flash or lamp above it.", "Glare hides parts of it."
    ),
    Reason(
        "image_cut_off", True, "Part of it is outside the photo. Take it again with all four corners visible.", "The document is cut off."
    ),
    Reason(
        "image_covered", True, "Part of it is covered. Take the photo again with nothing over it.", "Something covers part of the document."
    ),
    Reason("image_unreadable", True, "The file cannot be opened. Take a new photo and send that.", "The file could not be decoded."),
    Reason("image_too_small", True, "The photo is too small to read. Take it again from closer, in full size.", "Too few pixels to read."),
    Reason("black_and_white", True, "The photo has no colours. Take it again in colour.", "The image is black and white."),
    Reason(
        "screenshot_or_screen", True, "This shows a screen. Take a photo of the document itself.", "A screenshot, or a photo of a screen."
    ),
    Reason("printed_copy", True, "This shows a printed copy. Take a photo of the document itself.", "The document is printed on paper."),
    Reason("scanned_copy", True, "This is a scan. Take a photo of the document itself.", "The image is a scan, not a photo."),
    # What it shows.
    Reason(
        "no_document", True, "No document can be seen. Take a photo that shows the whole document.", "There is no document in the image."
    ),
    Reason("two_documents", True, "More than one document can be seen. Send one at a time.", "Two documents are in the image."),
    Reason(
        "wrong_side", True, "This is the other side of the document. Take a photo of the side asked for.", "The wrong side was submitted."
    ),
    Reason("side_missing", True, "A side of the document is missing. Send the front and the back.", "One side of the document is missing."),
    Reason(
        "digital_document",
        True,
        "A digital document is not accepted. Send a photo of the physical one.",
        "A digital document was submitted.",
    ),
    Reason(
        "document_damaged", True, "The document is damaged. Send another valid document.", "Damaged, punctured, or a corner is removed."
    ),
    Reason(
        "document_unsupported",
        True,
        "This kind of document is not accepted. Send one of the kinds listed.",
        "The document type is not supported.",
    ),
    Reason("document_expired", True, "The document has expired. Send one that is still valid.", "The document's expiry date has passed."),
    # What it says.
    Reason(
        "data_mismatch", False, "The document does not match what you told us. We are looking at it.", "Data differ from those registered."
    ),
    Reason(
        "data_inconsistent",
        False,
        "The document could not be confirmed. We are looking at it.",
        "Data within the documents contradict each other.",
    ),
    Reason(
        "mrz_invalid",
        False,
        "The document could not be confirmed. We are looking at it.",
        "The machine-readable zone fails its check digits.",
    ),
    Reason("under_age", False, "You are not old enough for this service.", "The person is below the minimum age."),
    Reason("country_not_allowed", False, "This service is not available for your country.", "The country is excluded by policy."),
    # Whether it is genuine.
    Reason(
        "document_forged",
        False,
        "The document could not be accepted.",
        "Fonts, template, security features or portrait speak of a forgery.",
    ),
    Reason("digital_tampering", False, "The document could not be accepted.", "The image was edited."),
    Reason(
        "document_lost_stolen", False, "The document could not be accepted.", "The document is recorded as lost, stolen or compromised."
    ),
    Reason("repeat_use", False, "The document could not be accepted.", "The same document or face was used for somebody else."),
    # The person.
    Reason(
        "face_mismatch",
        False,
        "The photo of you could not be matched with your document. We are looking at it.",
        "Selfie and portrait differ.",
    ),
    Reason("no_face", True, "No face can be seen. Take the photo again, looking at the camera.", "There is no face in the image."),
    Reason("many_faces", True, "More than one face can be seen. Take the photo again, alone.", "There are several faces in the image."),
    Reason("liveness_failed", False, "The photo of you could not be confirmed.", "The selfie seems not to be of a live person."),
    Reason("capture_untrusted", False, "The photo of you could not be confirmed.", "Fake webcam, emulator or wrong time of capture."),
    Reason("blocklisted", False, "We cannot offer you this service.", "The person is on a blocklist."),
    Reason("aml_hit", False, "Your details are being looked at.", "A possible match on a sanctions, PEP or adverse media list."),
    # The proof of address.
    Reason("poa_too_old", True, "The document is too old. Send one of the last three months.", "The proof of address is too old."),
    Reason(
        "poa_issue_date_missing",
        True,
        "The document shows no date. Send one that does.",
        "The issue date cannot be read, or lies in the future.",
    ),
    Reason(
        "poa_name_mismatch",
        False,
        "The name on it differs from the one you told us. We are looking at it.",
        "The name differs from the one registered.",
    ),
    Reason(
        "poa_address_mismatch",
        True,
        "The address on it differs from the one you told us. Send one with that address.",
        "The address differs.",
    ),
    Reason(
        "poa_unsupported",
        True,
        "This kind of proof is not accepted. Send a utility bill or bank statement.",
        "Not an accepted kind of proof.",
    ),
    Reason(
        "poa_issuer_unknown", True, "The sender of the document is not clear. Send one that shows it.", "The issuer cannot be identified."
    ),
    Reason("poa_language", True, "The document's language cannot be read. Send one in another language.", "The language is not supported."),
    # The course of things.
    Reason("consent_declined", True, "Your consent is needed to go on. Start again when you agree.", "The person declined to consent."),
    Reason("verification_expired", True, "Your verification has run out. Send your documents again.", "The verification is too old."),
    Reason("abandoned", True, "The verification was not finished. You can start again.", "The person left before the end."),
    Reason(
        "check_unavailable",
        False,
        "The check takes longer than usual. There is nothing you need to do.",
        "The provider could not carry out the check.",
    ),
    Reason("other", False, "The document could not be confirmed. We are looking at it.", "The provider gave a reason that we do not know."),
)

REASONS: Final[Mapping[str, Reason]] = MappingProxyType({entry.code: entry for entry in _CATALOGUE})


def reason(code: str) -> Reason:
    """Return the reason of this code; for a code that is not in the catalogue, the reason `other`."""
    return REASONS.get(code, REASONS["other"])
