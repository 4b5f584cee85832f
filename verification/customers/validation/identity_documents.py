"""The identity document: its kind, number, country and expiry."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from types import ModuleType

import stdnum.be.eid
import stdnum.cn.ric
import stdnum.es.dni
import stdnum.es.nie
import stdnum.my.nric
import stdnum.pk.cnic
import stdnum.th.pin
import stdnum.za.idnr

from kyc_platform.errors import InvalidMember, InvalidRequest
from verification.customers.validation.canonical import document_number_for_search
from verification.customers.validation.countries import read_country
from verification.customers.validation.dates import read_date
from verification.customers.validation.problems import Problems, json_type
from verification.customers.validation.text import check_text, read_text
from verification.customers.validation.types import IdentityDocument, IdentityDocumentType

MEMBERS = ("type", "number", "issuing_country", "expiry_date")
POINTER = "/identity_document"
EXPIRED = (f"{POINTER}/expiry_date", "document_expired", "This document has expired. Name one that is valid today.")
TYPE_CHARACTERS_MAX = 40
NUMBER_CHARACTERS_MAX = 40
SPELLINGS = {
    "passport": IdentityDocumentType.PASSPORT,
    "drivinglicence": IdentityDocumentType.DRIVING_LICENCE,
    "drivinglicense": IdentityDocumentType.DRIVING_LICENCE,
    "driverlicence": IdentityDocumentType.DRIVING_LICENCE,
    "driverlicense": IdentityDocumentType.DRIVING_LICENCE,
    "driverslicence": IdentityDocumentType.DRIVING_LICENCE,
    "driverslicense": IdentityDocumentType.DRIVING_LICENCE,
    "nationalid": IdentityDocumentType.NATIONAL_ID,
    "nationalidcard": IdentityDocumentType.NATIONAL_ID,
    "nationalidentitycard": IdentityDocumentType.NATIONAL_ID,
    "identitycard": IdentityDocumentType.NATIONAL_ID,
    "idcard": IdentityDocumentType.NATIONAL_ID,
    "residencepermit": IdentityDocumentType.RESIDENCE_PERMIT,
}
# What is printed as the number of a document has, in most countries, no published check digit. Where it has one, python-stdnum knows
# it; a country whose card also shows another number (Turkey, the Baltic states) is left out, so that no right number is refused.
CHECKED_NUMBERS: dict[tuple[IdentityDocumentType, str], tuple[ModuleType, ...]] = {
    (IdentityDocumentType.NATIONAL_ID, "BE"): (stdnum.be.eid,),
    (IdentityDocumentType.NATIONAL_ID, "CN"): (stdnum.cn.ric,),
    (IdentityDocumentType.NATIONAL_ID, "ES"): (stdnum.es.dni, stdnum.es.nie),
    (IdentityDocumentType.NATIONAL_ID, "MY"): (stdnum.my.nric,),
    (IdentityDocumentType.NATIONAL_ID, "PK"): (stdnum.pk.cnic,),
    (IdentityDocumentType.NATIONAL_ID, "TH"): (stdnum.th.pin,),
    (IdentityDocumentType.NATIONAL_ID, "ZA"): (stdnum.za.idnr,),
}
# ICAO Doc 9303-3, 4.3: a machine-readable number is written in A-Z and 0-9. Nine of them in a passport (9303-4), up to 22 with the
# optional data of a card (9303-5, 4.2.4); driving licences have up to 25. Separators in print do not count.
NUMBER = re.compile(r"[a-z0-9]{3,25}")
NUMBER_IN_PRINT = re.compile(r"[A-Za-z0-9 ./<-]+")


def read_identity_document(members: Mapping[str, object], problems: Problems, *, valid_on: date | None) -> IdentityDocument | None:
    """Return the identity document, or None after noting what is wrong with it.

    A plain string names the kind alone, as in the second seed ("passport", "driver's license"): it means {"type": …} with the other
    members null. In an object too only `type` is required. A document that has expired is refused, because it proves nothing, unless
    `valid_on` is None.
    """
    value = members.get("identity_document")
    if value is None:
        problems.add(POINTER, "required", "This member is required.")
        return None
    if isinstance(value, str):
        kind = _read_type(check_text(value, POINTER, problems, characters_max=TYPE_CHARACTERS_MAX), POINTER, problems)
        return None if kind is None else IdentityDocument(type=kind)
    if not isinstance(value, Mapping):
        problems.add(
            POINTER, "wrong_type", f"This must be an object with the members {', '.join(MEMBERS)}, or a string; it is {json_type(value)}."
        )
        return None
    problems.note_unknown_members(value, POINTER, MEMBERS)
    named = read_text(value, "type", problems, pointer=POINTER, characters_max=TYPE_CHARACTERS_MAX)
    kind = _read_type(named, f"{POINTER}/type", problems)
    country = read_country(value, "issuing_country", problems, pointer=POINTER, is_required=False)
    number = read_text(value, "number", problems, pointer=POINTER, characters_max=NUMBER_CHARACTERS_MAX, is_required=False)
    expiry_date = read_date(value, "expiry_date", problems, pointer=POINTER, is_required=False)
    if valid_on is not None and _has_expired(expiry_date, valid_on):
        problems.add(*EXPIRED)
    if kind is None:
        return None  # noted above
    if number is not None:
        number = unicodedata.normalize("NFKC", number)
        _check_number(number, kind, country, problems)
    return IdentityDocument(type=kind, number=number, issuing_country=country, expiry_date=expiry_date)


def require_valid(document: IdentityDocument, *, on: date) -> None:
    """Raise InvalidRequest when an identity document has expired."""
    if _has_expired(document.expiry_date, on):
        raise InvalidRequest(errors=[InvalidMember(*EXPIRED)])


def _has_expired(expiry_date: date | None, on: date) -> bool:
    return expiry_date is not None and expiry_date < on


def _read_type(text: str | None, pointer: str, problems: Problems) -> IdentityDocumentType | None:
    if text is None:
        return None  # noted by whoever read the text
    kind = SPELLINGS.get("".join(filter(str.isalpha, text.casefold())))
    if kind is None:
        problems.add(pointer, "unknown_document_type", f"This must be one of {', '.join(IdentityDocumentType)}.")
    return kind


def _check_number(number: str, kind: IdentityDocumentType, country: str | None, problems: Problems) -> None:
    checkers = CHECKED_NUMBERS.get((kind, country or ""), ())
    if not NUMBER_IN_PRINT.fullmatch(number) or not NUMBER.fullmatch(document_number_for_search(number)):
        problems.add(
            f"{POINTER}/number",
            "invalid_document_number",
            "This must be 3 to 25 letters A to Z and digits, with spaces, dots or hyphens if any.",
        )
    elif checkers and not any(checker.is_valid(number) for checker in checkers):
        problems.add(
            f"{POINTER}/number",
            "invalid_document_number",
            f"The check digit of this number is wrong for a {kind} of {country}. Copy it again.",
        )
