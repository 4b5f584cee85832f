"""E-mail address and telephone number."""

import re
from collections.abc import Mapping

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from verification.customers.validation.problems import Problems
from verification.customers.validation.text import read_text

EMAIL_CHARACTERS_MAX = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
PHONE_CHARACTERS_MAX = 40
INTERNATIONAL_NUMBER = re.compile(r"\+[0-9][0-9 ().\-/]*")


def read_email(members: Mapping[str, object], problems: Problems) -> str | None:
    """Return the address in email-validator's normal form (domain in lower case and Unicode). No DNS query is made."""
    text = read_text(members, "email", problems, characters_max=EMAIL_CHARACTERS_MAX)
    if text is None:
        return None
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:  # its words may quote the address
        problems.add("/email", "invalid_email", "This must be an e-mail address at a public domain, like name@example.com.")
        return None


def read_phone_number(members: Mapping[str, object], problems: Problems) -> str | None:
    """Return the number in E.164 form.

    Spaces and the usual separators are taken out. A number must exist in its country's plan as far as its length and country code tell: the
    finer tables lag behind the numbers that operators hand out, and a real customer's number must never be refused.
    """
    text = read_text(members, "phone_number", problems, characters_max=PHONE_CHARACTERS_MAX)
    if text is None:
        return None
    number = parse_international(text)
    if number is None or phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        problems.add(
            "/phone_number", "invalid_phone_number", "This must be a number in E.164 form with its country code, like +46701234567."
        )
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def parse_international(text: str) -> phonenumbers.PhoneNumber | None:
    """Return the number that a text with a country code holds, or None."""
    if not INTERNATIONAL_NUMBER.fullmatch(text):
        return None
    try:
        return phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
