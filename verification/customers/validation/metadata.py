"""The merchant's own notes on a customer: a flat object that comes back as it was sent."""

import math
from collections.abc import Mapping

from verification.customers.validation.problems import Problems, child, json_type
from verification.customers.validation.text import has_bad_characters
from verification.customers.validation.types import MetadataValue

POINTER = "/metadata"
KEYS_MAX = 50
KEY_CHARACTERS_MAX = 40
VALUE_CHARACTERS_MAX = 500
INTEGER_MAX = 2**53 - 1  # RFC 8259, 6: beyond it readers disagree on the value


def read_metadata(members: Mapping[str, object], problems: Problems) -> Mapping[str, MetadataValue]:
    """Return the metadata, empty when there are none; after noting what is wrong, what was right."""
    value = members.get("metadata")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.add(POINTER, "wrong_type", f"This must be a flat object; it is {json_type(value)}.")
        return {}
    if len(value) > KEYS_MAX:
        problems.add(POINTER, "too_many_keys", f"There may be at most {KEYS_MAX} keys.")
        return {}
    return {key: entry for key, entry in value.items() if _is_right(key, entry, problems)}


def _is_right(key: object, entry: object, problems: Problems) -> bool:
    pointer = child(POINTER, key)
    if not isinstance(key, str) or not 1 <= len(key) <= KEY_CHARACTERS_MAX:
        problems.add(pointer, "invalid_key", f"A key has 1 to {KEY_CHARACTERS_MAX} characters.")
    elif has_bad_characters(key):
        problems.add(pointer, "invalid_characters", "A key may have no control characters and no invisible direction marks.")
    elif not isinstance(entry, (str, int, float)):
        problems.add(pointer, "wrong_type", f"A value must be a string, a number, true or false; it is {json_type(entry)}.")
    elif isinstance(entry, str) and len(entry) > VALUE_CHARACTERS_MAX:
        problems.add(pointer, "too_long", f"A value may have at most {VALUE_CHARACTERS_MAX} characters.")
    elif isinstance(entry, str) and has_bad_characters(entry, has_lines=True):
        problems.add(pointer, "invalid_characters", "Control characters and invisible direction marks are not allowed.")
    elif isinstance(entry, (int, float)) and (not math.isfinite(entry) or abs(entry) > INTEGER_MAX):
        problems.add(pointer, "number_out_of_range", f"A number must lie between -{INTEGER_MAX} and {INTEGER_MAX}.")
    else:
        return True
    return False
