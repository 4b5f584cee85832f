"""Reading strings: one Unicode form, no invisible characters, bounded."""

import re
import unicodedata
from collections.abc import Mapping

from verification.customers.validation.problems import Problems, child, json_type

# Unicode 16, chapter 23: controls and surrogates; marks that reverse the direction of what follows.
REFUSED_CATEGORIES = frozenset({"Cc", "Cs"})
DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
SPACES = re.compile(r"[^\S\n]+")


def read_text(
    members: Mapping[str, object],
    name: str,
    problems: Problems,
    *,
    pointer: str = "",
    characters_max: int,
    is_required: bool = True,
    has_lines: bool = False,
) -> str | None:
    """Return the named member in Unicode form NFC with single spaces, or None after noting what is wrong with it.

    A member that is not required may be left out, null, or an empty string: None then, and nothing is noted.
    `has_lines` allows line breaks.
    """
    value = members.get(name)
    here = child(pointer, name)
    if value is None:
        if is_required:
            problems.add(here, "required", "This member is required.")
        return None
    if not isinstance(value, str):
        problems.add(here, "wrong_type", f"This must be a string; it is {json_type(value)}.")
        return None
    return check_text(value, here, problems, characters_max=characters_max, is_required=is_required, has_lines=has_lines)


def check_text(
    value: str, pointer: str, problems: Problems, *, characters_max: int, is_required: bool = True, has_lines: bool = False
) -> str | None:
    """Return a string in the form of `read_text`, or None after noting what is wrong with it."""
    if len(value) > 4 * characters_max:  # before any work is done on it
        problems.add(pointer, "too_long", f"This may have at most {characters_max} characters.")
        return None
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n") if has_lines else value)
    if has_bad_characters(text, has_lines=has_lines):
        problems.add(pointer, "invalid_characters", "Control characters and invisible direction marks are not allowed.")
        return None
    text = SPACES.sub(" ", text).strip()
    if not text:
        if is_required:
            problems.add(pointer, "required", "This may not be empty.")
        return None
    if len(text) > characters_max:
        problems.add(pointer, "too_long", f"This may have at most {characters_max} characters.")
        return None
    return text


def has_bad_characters(text: str, *, has_lines: bool = False) -> bool:
    """Whether a string has characters that no name, address or note needs."""
    return any(
        (unicodedata.category(character) in REFUSED_CATEGORIES and not (has_lines and character == "\n")) or character in DIRECTION_MARKS
        for character in text
    )
