"""ISO 3166-1 countries."""

from collections.abc import Mapping

import pycountry

from verification.customers.validation.problems import Problems, child
from verification.customers.validation.text import read_text

# Kosovo has no ISO code. These user-assigned ones are what the EU, the IMF and, as XKX, the World Bank write; passports say RKS.
KOSOVO = {"XK": "XK", "XKX": "XK", "RKS": "XK"}


def read_country(members: Mapping[str, object], name: str, problems: Problems, *, pointer: str, is_required: bool = True) -> str | None:
    """Return the alpha-2 code of a country named by its alpha-2 or alpha-3 code in any case, or None after noting what is wrong."""
    text = read_text(members, name, problems, pointer=pointer, characters_max=20, is_required=is_required)
    if text is None:
        return None
    code = country_code(text)
    if code is None:
        problems.add(child(pointer, name), "unknown_country", "This must be an ISO 3166-1 code, like SE or SWE.")
    return code


def country_code(text: str) -> str | None:
    """Return the alpha-2 code for an alpha-2 or alpha-3 code, or None when no country has it."""
    found = pycountry.countries.get(alpha_2=text) if len(text) == 2 else pycountry.countries.get(alpha_3=text)
    return found.alpha_2 if found is not None else KOSOVO.get(text.upper())
