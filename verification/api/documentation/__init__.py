"""What the OpenAPI document says of each operation: the keyword arguments of `extend_schema`."""

from typing import Any

CREATE_CUSTOMER: dict[str, Any] = {"operation_id": "create_customer", "request": None, "responses": None}
LIST_CUSTOMERS: dict[str, Any] = {"operation_id": "list_customers", "request": None, "responses": None}
READ_CUSTOMER: dict[str, Any] = {"operation_id": "read_customer", "request": None, "responses": None}
REPLACE_CUSTOMER: dict[str, Any] = {"operation_id": "replace_customer", "request": None, "responses": None}
READ_STATUS: dict[str, Any] = {"operation_id": "read_status", "request": None, "responses": None}
SUBMIT_DOCUMENT: dict[str, Any] = {"operation_id": "submit_document", "request": None, "responses": None}
LIST_DOCUMENTS: dict[str, Any] = {"operation_id": "list_documents", "request": None, "responses": None}
READ_DOCUMENT: dict[str, Any] = {"operation_id": "read_document", "request": None, "responses": None}
ISSUE_ACCESS_TOKEN: dict[str, Any] = {"operation_id": "issue_access_token", "request": None, "responses": None}
START_VERIFICATION: dict[str, Any] = {"operation_id": "start_verification", "request": None, "responses": None}
LIST_VERIFICATIONS: dict[str, Any] = {"operation_id": "list_verifications", "request": None, "responses": None}
DECIDE_VERIFICATION: dict[str, Any] = {"operation_id": "decide_verification", "request": None, "responses": None}
END_USER_STATUS: dict[str, Any] = {"operation_id": "end_user_status", "request": None, "responses": None}
END_USER_SUBMIT: dict[str, Any] = {"operation_id": "end_user_submit", "request": None, "responses": None}
