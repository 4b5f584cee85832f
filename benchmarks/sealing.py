"""Seal, hash and store a document of 2 MB, against putting the same bytes into S3 as they are."""

import hashlib
import secrets
from itertools import count

from django.conf import settings

from benchmarks.harness import Baseline, Row, at_most, compare, ms_each
from kyc_platform.crypto.sealing import Keyring, new_key
from kyc_platform.storage.client import s3_client
from kyc_platform.storage.names import object_key
from tests.fixtures.merchants import a_merchant, inside
from verification.documents.inspection.types import MediaType, Upload
from verification.documents.vault import store_sealed

SIZE_BYTES = 2 * 1024 * 1024
PUTS = 10  # in one measurement


def measure(rounds: int) -> list[Row]:
    """Compare the milliseconds of one store with those of one bare put."""
    body = secrets.token_bytes(SIZE_BYTES)
    keyring = Keyring({1: new_key()}, primary=1)
    numbers = count()

    def store() -> None:
        digest = hashlib.sha256(body).hexdigest()
        upload = Upload(body, MediaType.JPEG, len(body), digest, width=None, height=None, pages=1)
        store_sealed(upload, keyring)

    def put() -> None:
        s3_client().put_object(Bucket=settings.S3_BUCKET, Key=object_key("bare", str(next(numbers))), Body=body)

    with inside(a_merchant()):
        return compare(
            "seal, hash and store 2 MB",
            lambda: ms_each(store, PUTS),
            [Baseline("a bare S3 put", lambda: ms_each(put, PUTS), at_most(1.15))],
            unit="ms",
            rounds=rounds,
            note=f"{PUTS} a measurement, one client",
        )
