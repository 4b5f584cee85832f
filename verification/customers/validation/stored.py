"""To plain JSON values for sealing and answering, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from verification.customers.validation.types import Address, CustomerData, IdentityDocument, IdentityDocumentType


def to_members(data: CustomerData) -> dict[str, Any]:
    """Return the customer with the member names and shapes of the HTTP contract: JSON values only, dates as YYYY-MM-DD."""
    members = asdict(data)
    members["date_of_birth"] = data.date_of_birth.isoformat()
    expiry_date = data.identity_document.expiry_date
    members["identity_document"]["type"] = str(data.identity_document.type)
    members["identity_document"]["expiry_date"] = None if expiry_date is None else expiry_date.isoformat()
    return members


def from_stored(members: Mapping[str, Any]) -> CustomerData:
    """Return the customer that `to_members` wrote. Nothing is checked anew: what was right when it was stored stays readable."""
    address, document = members["address"], members["identity_document"]
    expiry_date = document["expiry_date"]
    return CustomerData(
        customer_id=members["customer_id"],
        name=members["name"],
        email=members["email"],
        phone_number=members["phone_number"],
        date_of_birth=date.fromisoformat(members["date_of_birth"]),
        address=address if isinstance(address, str) else Address(**address),
        identity_document=IdentityDocument(
            type=IdentityDocumentType(document["type"]),
            number=document["number"],
            issuing_country=document["issuing_country"],
            expiry_date=None if expiry_date is None else date.fromisoformat(expiry_date),
        ),
        level=members["level"],
        metadata=members["metadata"],
    )
