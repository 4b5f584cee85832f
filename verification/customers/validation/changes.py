"""What an update changes, by meaning."""

import json

from verification.customers.validation.canonical import document_number_for_search, email_for_search, folded, phone_for_search
from verification.customers.validation.stored import to_members
from verification.customers.validation.types import CustomerData


def changed_members(old: CustomerData, new: CustomerData) -> frozenset[str]:
    """Return the names of the members that mean something else now.

    Case, spacing, compatible characters and the separators of numbers do not count. An address that was one string and is now in
    parts, or the other way round, has changed: nobody can tell that both are one place.
    """
    before, after = _meaning(old), _meaning(new)
    return frozenset(name for name in before if before[name] != after[name])


def _meaning(data: CustomerData) -> dict[str, object]:
    meaning: dict[str, object] = to_members(data)
    document = data.identity_document
    address = to_members(data)["address"]
    return meaning | {
        "name": folded(data.name),
        "email": email_for_search(data.email),
        "phone_number": phone_for_search(data.phone_number),
        "address": folded(address) if isinstance(address, str) else {part: folded(text or "") for part, text in address.items()},
        "identity_document": (
            document.type,
            document_number_for_search(document.number or ""),
            document.issuing_country,
            document.expiry_date,
        ),
        "metadata": json.dumps(data.metadata, sort_keys=True),  # in which 1, 1.0 and true differ, as they do in Python's eyes not
    }
