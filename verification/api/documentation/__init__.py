"""What the OpenAPI document says of each operation: the keyword arguments of `extend_schema`."""

from verification.api.documentation.customers import CREATE_CUSTOMER, LIST_CUSTOMERS, READ_CUSTOMER, READ_STATUS, REPLACE_CUSTOMER
from verification.api.documentation.documents import LIST_DOCUMENTS, READ_DOCUMENT, SUBMIT_DOCUMENT
from verification.api.documentation.end_user import END_USER_STATUS, END_USER_SUBMIT
from verification.api.documentation.verifications import (
    DECIDE_VERIFICATION,
    ISSUE_ACCESS_TOKEN,
    LIST_VERIFICATIONS,
    REVOKE_ACCESS_TOKENS,
    START_VERIFICATION,
)

__all__ = [
    "CREATE_CUSTOMER",
    "DECIDE_VERIFICATION",
    "END_USER_STATUS",
    "END_USER_SUBMIT",
    "ISSUE_ACCESS_TOKEN",
    "LIST_CUSTOMERS",
    "LIST_DOCUMENTS",
    "LIST_VERIFICATIONS",
    "READ_CUSTOMER",
    "READ_DOCUMENT",
    "READ_STATUS",
    "REPLACE_CUSTOMER",
    "REVOKE_ACCESS_TOKENS",
    "START_VERIFICATION",
    "SUBMIT_DOCUMENT",
]
