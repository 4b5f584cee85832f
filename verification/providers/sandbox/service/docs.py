"""The page that explains this API: served under `/docs`, and printed into `docs/sandbox-provider.md`.

python -m verification.providers.sandbox.service.docs > docs/sandbox-provider.md
"""

import sys

from verification.providers.sandbox.service.scenarios import catalogue

_API = """\
# The sandbox provider

A stand-in for an external KYC service: a process of its own with an HTTP API of its own, which behaves like the real ones,
their bad days included. It looks at what it gets (it decodes images and PDFs in memory), keeps ids, SHA-256 hashes and
verdicts in one SQLite file, and keeps no image, name, number or address. A killed process goes on where it stood.
In production the platform refuses to send it live data.

    python -m verification.providers.sandbox.service

| variable | means |
|---|---|
| `SANDBOX_PROVIDER_HOST`, `SANDBOX_PROVIDER_PORT` | where it listens; 127.0.0.1 and 8090 unless said |
| `SANDBOX_PROVIDER_API_KEY` | what callers must show; required |
| `SANDBOX_PROVIDER_CALLBACK_SECRET` | what callbacks are signed with; required |
| `SANDBOX_PROVIDER_STATE` | the SQLite file; required |
| `SANDBOX_PROVIDER_DELAY_SECONDS` | how long a decision takes; 1 unless said, 0 decides at once |

## Choosing a scenario

A merchant writes it into the customer's metadata before the documents are complete:

    {"customer_id": "cus-000123", …, "metadata": {"sandbox_scenario": "reject:SELFIE:image_blurred"}}

Or it is set here, with `PUT /v1/applicants/{id}/scenario`; that then outweighs the metadata. The platform's own
`POST /sandbox/customers/{customer_id}/simulate` does so, and makes it happen now to a check that is under way.

## API

Every request under `/v1/` shows `Authorization: Bearer <key>`. Every POST carries an `Idempotency-Key`: the same key with the same
request gets the same answer (with `Idempotent-Replayed: true`), with another request 422. Errors are
`{"error": {"code", "message"}}`. Times are RFC 3339.

| request | answer |
|---|---|
| `POST /v1/applicants` `{"reference", "name", "date_of_birth", "scenario"?}` | 201 `{"id", "reference"}` |
| `GET /v1/applicants?reference=` | `{"applicants": [{"id", "reference", "scenario"}]}` |
| `PUT /v1/applicants/{id}/scenario` `{"scenario"}` | 200; counts its requests and first submissions anew |
| `DELETE /v1/applicants/{id}` | 204; everything about them is forgotten |
| `POST /v1/applicants/{id}/documents` multipart `kind`, `reference`?, `file` | 201 `{"id", "kind", "sha256"}` |
| `POST /v1/checks` `{"applicant", "documents": [ids], "callback_url"}` | 201, the check, `processing` |
| `GET /v1/checks/{id}` | the check: the authoritative state |
| `PUT /v1/checks/{id}/scenario` `{"scenario"}` | 200, the check: it is answered by this scenario at once, or answered anew |
| `POST /v1/checks/{id}/reopen` | 200, the check: its answer is taken back until it is given a scenario; 409 when it has none |
| `GET /v1/checks?idempotency_key=` | `{"checks": [the check]}`, or none |
| `GET /healthz`, `GET /docs` | no key needed |

A known `reference` is the same applicant. A document's `kind` is `ID_FRONT`, `ID_BACK`, `PROOF_OF_ADDRESS` or `SELFIE`, its `reference`
the caller's id of the submission. A check:

    {"id": "chk_…", "applicant": "app_…", "status": "processing" | "complete", "version": 1,
     "verdict": null | "passed" | "rejected" | "suspected" | "declined" | "undetermined",
     "documents": [{"id": "doc_…", "kind": "SELFIE", "reference": "17", "verdict": "rejected", "findings": ["BLURRED_PHOTO"]}],
     "findings": [], "sandbox": true, "created_at": "…", "completed_at": null | "…"}

`version` grows whenever the provider changes its mind about a check.

## Callbacks

`check.completed` and `check.reopened` are posted to the check's `callback_url`:

    {"id": "evt_…", "type": "check.completed", "created_at": "…",
     "check": {"id": "chk_…", "status": "complete", "version": 1, "verdict": "passed"}}

with `Sandbox-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>" under the callback secret>`; a receiver refuses a
timestamp that is more than 300 seconds away. Any 2xx ends it; otherwise it is tried again after 1, 3, 10, 30 and 120 seconds,
under the same `id`. Redirects are not followed.

## Scenarios

"""


def page() -> str:
    """Return the whole page as Markdown."""
    return _API + catalogue()


if __name__ == "__main__":
    sys.stdout.write(page())
