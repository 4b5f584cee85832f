"""What the document says of the first seed's endpoints. Their errors keep the seed's envelope; `err_code` tells them apart."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from verification.api.documentation.end_user_schemas import EndUserAnswerSerializer, EndUserKycStatusSerializer, EndUserSubmissionSerializer
from verification.api.documentation.operation import JSON, QUOTA, REQUEST_ID
from verification.levels.doc_types import DocType
from verification.lifecycle.reasons import reason

TAG = "End users"
KNOWN = ", ".join(DocType.values)
REFUSALS: dict[int, list[tuple[str, str, str]]] = {
    401: [("Err1101", "The token is missing, expired or not valid", "No token that counts")],
    403: [("Err1001", "This merchant is suspended; its owner can learn why from the platform's operator", "The merchant is not served")],
    429: [("Err1201", "Too many requests", "A quota is used up")],
    503: [("Err1500", "Try again later", "Something that the platform stands on is away")],
}
SUBMIT_REFUSALS: dict[int, list[tuple[str, str, str]]] = {
    400: [
        ("Err1001", "The member doc_body is missing", "A member is missing"),
        ("Err1001", "The body is not valid JSON: it cannot be read at line 1, column 1.", "No JSON"),
        ("Err1002", f"Unknown doc_type. Known: {KNOWN}", "An unknown doc_type"),
        ("Err1003", "doc_body is not base64: send the file's bytes as base64 or as a base64 data URL", "No base64"),
        ("Err1004", "Send a photo or scan as JPEG, PNG, WebP or HEIC; a PDF is accepted as PROOF_OF_ADDRESS only.", "A kind of file"),
        ("Err1005", "The image is damaged. Take the photo again, or save it anew, and send that.", "An image that cannot be read"),
        ("Err1234", "File size is too big", "A file that is too big"),
    ],
    409: [
        ("Err1006", "This document is already verified", "Already verified"),
        ("Err1007", "This document is being checked", "Being checked"),
        ("Err1008", "No documents are asked for now", "Nothing is asked for"),
    ],
    415: [("Err1001", "Send application/json, or multipart/form-data where a file is expected.", "Another content type")],
}


def _refused(refusals: dict[int, list[tuple[str, str, str]]]) -> dict[tuple[int, str], OpenApiResponse]:
    described = {}
    for status, shown in sorted(refusals.items()):
        examples = [
            OpenApiExample(name, value={"is_success": False, "err_code": err_code, "err_message": message}, response_only=True)
            for err_code, message, name in shown
        ]
        words = "\n".join(f"- `{err_code}`: {name}." for err_code, _, name in shown)
        described[status, JSON] = OpenApiResponse(EndUserAnswerSerializer, words, examples)
    return described


def _answered(shape: Any, description: str, shown: dict[str, Any]) -> dict[tuple[int, str], OpenApiResponse]:
    examples = [OpenApiExample(name, value=value, response_only=True) for name, value in shown.items()]
    return {(200, JSON): OpenApiResponse(shape, description, examples)}


END_USER_STATUS: dict[str, Any] = {
    "operation_id": "read_my_status",
    "summary": "Read where I stand",
    "description": "`doc_status` is left out until something was submitted; `submission_status` turns `SUBMITTED` when every required "
    "document is in. An entry that was rejected carries `reasons` in words for the user.",
    "tags": [TAG],
    "parameters": [REQUEST_ID, *QUOTA],
    "request": None,
    "responses": {
        **_answered(
            EndUserKycStatusSerializer,
            "The status.",
            {
                "Nothing was submitted": {"user_id": 123456, "status": "unverified", "submission_status": "NOT_SUBMITTED"},
                "Under way": {
                    "user_id": 123456,
                    "status": "unverified",
                    "submission_status": "SUBMITTED",
                    "doc_status": [
                        {"doc_type": "ID_FRONT", "doc_status": "VERIFIED", "can_resubmit": False},
                        {
                            "doc_type": "ID_BACK",
                            "doc_status": "UNVERIFIED",
                            "can_resubmit": True,
                            "reasons": [reason("image_blurred").for_user],
                        },
                    ],
                },
            },
        ),
        **_refused(REFUSALS),
    },
}

END_USER_SUBMIT: dict[str, Any] = {
    "operation_id": "submit_my_document",
    "summary": "Submit one of my documents",
    "description": "The same rules as for the merchant's endpoint hold; each error has its own `err_code`.",
    "tags": [TAG],
    "parameters": [REQUEST_ID, *QUOTA],
    "request": {JSON: EndUserSubmissionSerializer},
    "examples": [
        OpenApiExample("The front", value={"doc_type": "ID_FRONT", "doc_body": "UklGRhIAAABXRUJQVlA4TAYAAAAvQWxvAGs="}, request_only=True)
    ],
    "responses": {
        **_answered(EndUserAnswerSerializer, "Taken in.", {"OK": {"is_success": True, "err_code": "Err0000", "err_message": "OK"}}),
        **_refused({**REFUSALS, **SUBMIT_REFUSALS}),
    },
}
