"""A customer's members, read as a whole: every problem is found before the request is refused once."""

import re
from collections.abc import Collection, Mapping
from datetime import date

from kyc_platform.errors import InvalidMember, InvalidRequest
from verification.customers.validation.addresses import read_address
from verification.customers.validation.contact import read_email, read_phone_number
from verification.customers.validation.dates import read_date_of_birth
from verification.customers.validation.identity_documents import read_identity_document
from verification.customers.validation.metadata import read_metadata
from verification.customers.validation.problems import Problems, json_type
from verification.customers.validation.text import read_text
from verification.customers.validation.types import CustomerData

MEMBERS = ("customer_id", "name", "email", "phone_number", "date_of_birth", "address", "identity_document", "level", "metadata")
NAME_CHARACTERS_MAX = 200
LEVEL_CHARACTERS_MAX = 64
# RFC 3986, 3.3: characters that stand in a path segment as they are, in every client; "+" and "%" are left out because some decode them.
CUSTOMER_ID = re.compile(r"[A-Za-z0-9._~:@-]{1,128}")
DOT_SEGMENTS = frozenset({".", ".."})  # RFC 3986, 5.2.4: clients remove them from a path


def read_customer(
    members: object, *, today: date, minimum_age: int, known_levels: Collection[str] | None, accepts_expired: bool = False
) -> CustomerData:
    """Return the customer that a parsed JSON body describes.

    All members of the second seed are required; `level` and `metadata` may be left out. Strings come back in Unicode form NFC with
    single spaces, the phone number in E.164, countries as ISO 3166-1 alpha-2. `known_levels` is None when the caller looks the level up
    itself; with `accepts_expired` it asks itself whether an identity document that has expired is one (`require_valid`). Pure: reads no
    clock and no table.

    Raises InvalidRequest naming every wrong, missing and unknown member; no value is repeated in its texts.
    """
    problems = Problems()
    if not isinstance(members, Mapping):
        raise InvalidRequest(errors=[InvalidMember("", "wrong_type", f"The body must be an object; it is {json_type(members)}.")])
    problems.note_unknown_members(members, "", MEMBERS)
    customer_id = _read_customer_id(members, problems)
    name = _read_name(members, problems)
    email = read_email(members, problems)
    phone_number = read_phone_number(members, problems)
    date_of_birth = read_date_of_birth(members, problems, today=today, minimum_age=minimum_age)
    address = read_address(members, problems)
    identity_document = read_identity_document(members, problems, valid_on=None if accepts_expired else today)
    level = _read_level(members, problems, known_levels)
    metadata = read_metadata(members, problems)
    problems.raise_if_any()
    assert customer_id and name and email and phone_number and date_of_birth and address and identity_document  # else noted
    return CustomerData(
        customer_id=customer_id,
        name=name,
        email=email,
        phone_number=phone_number,
        date_of_birth=date_of_birth,
        address=address,
        identity_document=identity_document,
        level=level,
        metadata=metadata,
    )


def _read_customer_id(members: Mapping[str, object], problems: Problems) -> str | None:
    text = read_text(members, "customer_id", problems, characters_max=128)
    if text is not None and (not CUSTOMER_ID.fullmatch(text) or text in DOT_SEGMENTS):
        problems.add("/customer_id", "invalid_customer_id", "This must be 1 to 128 of A-Z a-z 0-9 . _ ~ : @ - and not . or .. alone.")
    return text


def _read_name(members: Mapping[str, object], problems: Problems) -> str | None:
    text = read_text(members, "name", problems, characters_max=NAME_CHARACTERS_MAX)
    if text is not None and not any(map(str.isalpha, text)):
        problems.add("/name", "invalid_name", "This must be the person's full name, in letters of any script.")
    return text


def _read_level(members: Mapping[str, object], problems: Problems, known: Collection[str] | None) -> str | None:
    text = read_text(members, "level", problems, characters_max=LEVEL_CHARACTERS_MAX, is_required=False)
    if text is not None and known is not None and text not in known:
        problems.add("/level", "unknown_level", f"This must be one of {', '.join(sorted(known))}.")
    return text
