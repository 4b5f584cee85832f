"""What a customer's members must be, and when two of them mean the same."""

from verification.customers.validation.canonical import document_number_for_search, email_for_search, phone_for_search
from verification.customers.validation.changes import changed_members
from verification.customers.validation.customers import read_customer
from verification.customers.validation.stored import from_stored, to_members
from verification.customers.validation.types import Address, CustomerData, IdentityDocument, IdentityDocumentType

__all__ = [
    "Address",
    "CustomerData",
    "IdentityDocument",
    "IdentityDocumentType",
    "changed_members",
    "document_number_for_search",
    "email_for_search",
    "from_stored",
    "phone_for_search",
    "read_customer",
    "to_members",
]
