"""The address: in parts, or one string as in the second seed."""

import re
from collections.abc import Mapping

from verification.customers.validation.countries import read_country
from verification.customers.validation.problems import Problems, json_type
from verification.customers.validation.text import check_text, read_text
from verification.customers.validation.types import Address

MEMBERS = ("line1", "line2", "city", "postal_code", "region", "country")
POINTER = "/address"
LINE_CHARACTERS_MAX = 200
STRING_CHARACTERS_MAX = 500
# The Universal Postal Union's list of formats: two to ten letters and digits, with spaces or hyphens within.
POSTAL_CODE = re.compile(r"(?=[A-Za-z0-9 -]{2,12}\Z)[A-Za-z0-9]+(?:[ -][A-Za-z0-9]+)*")


def read_address(members: Mapping[str, object], problems: Problems) -> Address | str | None:
    """Return the address in the shape in which it was sent, or None after noting what is wrong with it."""
    value = members.get("address")
    if value is None:
        problems.add(POINTER, "required", "This member is required.")
        return None
    if isinstance(value, str):
        return check_text(value, POINTER, problems, characters_max=STRING_CHARACTERS_MAX, has_lines=True)
    if not isinstance(value, Mapping):
        problems.add(
            POINTER, "wrong_type", f"This must be an object with the members {', '.join(MEMBERS)}, or a string; it is {json_type(value)}."
        )
        return None
    problems.note_unknown_members(value, POINTER, MEMBERS)
    line1 = read_text(value, "line1", problems, pointer=POINTER, characters_max=LINE_CHARACTERS_MAX)
    line2 = read_text(value, "line2", problems, pointer=POINTER, characters_max=LINE_CHARACTERS_MAX, is_required=False)
    city = read_text(value, "city", problems, pointer=POINTER, characters_max=LINE_CHARACTERS_MAX)
    region = read_text(value, "region", problems, pointer=POINTER, characters_max=LINE_CHARACTERS_MAX, is_required=False)
    country = read_country(value, "country", problems, pointer=POINTER)
    postal_code = read_text(value, "postal_code", problems, pointer=POINTER, characters_max=20, is_required=False)
    if postal_code is not None and not POSTAL_CODE.fullmatch(postal_code):
        problems.add(
            f"{POINTER}/postal_code", "invalid_postal_code", "This must be 2 to 12 letters and digits, with single spaces or hyphens."
        )
    if line1 is None or city is None or country is None:
        return None  # noted above
    return Address(line1=line1, line2=line2, city=city, postal_code=postal_code, region=region, country=country)
