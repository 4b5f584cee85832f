"""One spelling for each meaning: what a blind index is made from, when storing and when finding."""

import unicodedata

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from verification.customers.validation.contact import parse_international


def folded(text: str) -> str:
    """Return a text in which compatible characters, case and runs of spaces make no difference.

    Unicode 16, definition D146 (compatibility caseless match), then composed and with single spaces.
    """
    once = unicodedata.normalize("NFKD", unicodedata.normalize("NFD", text).casefold())
    return " ".join(unicodedata.normalize("NFKC", once.casefold()).split())


def email_for_search(text: str) -> str:
    """Return the address folded, its domain in Unicode. Total: what is no address is folded as it is, and finds nobody."""
    try:
        return folded(validate_email(text.strip(), check_deliverability=False).normalized)
    except EmailNotValidError:
        return folded(text)


def phone_for_search(text: str) -> str:
    """Return the number in E.164 form. Total: what has no country code is folded as it is, and finds nobody."""
    number = parse_international(text.strip())
    return folded(text) if number is None else phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def document_number_for_search(text: str) -> str:
    """Return the letters and digits of a document number, folded. Total."""
    return "".join(filter(str.isalnum, folded(text)))
