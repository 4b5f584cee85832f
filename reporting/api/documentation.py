"""What the OpenAPI document says of the report: the keyword arguments of `extend_schema`."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from kyc_platform.errors import InvalidMember
from reporting.api.parameters import DAYS_MAX, ReportFormat
from reporting.api.serializers import ReportSerializer
from reporting.api.shapes import report_csv
from verification.api.documentation.operation import Answer, operation

DESCRIPTION = f"""
Figures of verification over the days from `start` to `end`: both inclusive, whole days in the merchant's time zone, at most {DAYS_MAX}.

- `customers` and `daily` count the customers that were **registered** in the range, by the status they had **at the end of the range**.
  What happens to them later changes nothing.
- `decisions`, `documents` and `rejection_reasons` count what **happened** in the range, also to customers registered before it. A customer
  who was asked for another selfie and then approved counts under `resubmission_requested` and under `approved`.
- A range may reach into the future, and then `closed` is false: so is that of a range which ended in the last five minutes. Once `closed`
  is true, the same range gives the same figures whenever it is asked for.

As CSV (RFC 4180, UTF-8, with a header) there is one figure a line: `section,key,figure,value`. `key` is the `doc_type`, the reason's `code`
or the `date` where a section lists several, and empty otherwise; a figure that is null has an empty value.
"""

EXAMPLE: dict[str, Any] = {
    "start": "2026-01-01",
    "end": "2026-01-02",
    "time_zone": "Europe/Stockholm",
    "livemode": True,
    "closed": True,
    "customers": {"total": 71, "verified": 60, "pending": 8, "rejected": 3},
    "decisions": {
        "approved": 61,
        "declined": 2,
        "resubmission_requested": 6,
        "automatic": 66,
        "manual": 3,
        "median_seconds": 41,
        "p95_seconds": 3600,
    },
    "documents": [
        {"doc_type": "ID_FRONT", "submitted": 68, "verified": 63, "rejected": 2},
        {"doc_type": "ID_BACK", "submitted": 66, "verified": 63, "rejected": 0},
        {"doc_type": "PROOF_OF_ADDRESS", "submitted": 65, "verified": 62, "rejected": 1},
        {"doc_type": "SELFIE", "submitted": 70, "verified": 62, "rejected": 5},
    ],
    "rejection_reasons": [{"code": "image_blurred", "count": 5}, {"code": "document_expired", "count": 3}],
    "daily": [
        {"date": "2026-01-01", "registered": 40, "verified": 33, "pending": 5, "rejected": 2},
        {"date": "2026-01-02", "registered": 31, "verified": 27, "pending": 3, "rejected": 1},
    ],
}


FORMAT = {"title": "ReportFormat", "type": "string", "enum": [wanted.value for wanted in ReportFormat]}
NOT_BEFORE_START = InvalidMember("/end", "before_start", "Give a day that is not before start; one day is start and end alike.")

READ_REPORT: dict[str, Any] = operation(
    "read_report",
    path="/api/v1/report",
    tag="Reports",
    summary="Report on verification over a range of days",
    description=DESCRIPTION.strip(),
    scope="reports:read",
    parameters=[
        OpenApiParameter("start", OpenApiTypes.DATE, required=True, description="the first day, at most today"),
        OpenApiParameter("end", OpenApiTypes.DATE, required=True, description="the last day, which is part of the range"),
        OpenApiParameter("format", FORMAT, description="what to answer with; `json` when left out"),
    ],
    answers={
        200: [
            Answer(ReportSerializer, "The figures.", {"Two days": EXAMPLE}),
            Answer(OpenApiTypes.STR, "The figures, one a line.", {"Two days": report_csv(EXAMPLE).decode()}, media_type="text/csv"),
        ]
    },
    invalid=[NOT_BEFORE_START],
)
