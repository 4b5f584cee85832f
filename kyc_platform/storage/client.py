"""The one S3 client of a process, and what its errors mean to us."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from kyc_platform.doors import assert_no_transaction
from kyc_platform.errors import DomainError
from kyc_platform.per_process import once_per_process

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_SECONDS = 2
READ_TIMEOUT_SECONDS = 10  # of one read or write of the socket, not of a whole object
ATTEMPTS = 3
CONNECTIONS = 16
NO_SUCH_OBJECT = ("NoSuchKey", "404", "NotFound")  # a HEAD has no body, so botocore names its error by the status


class StorageUnavailable(DomainError):
    """The object store does not answer, or refuses us: worth another try, and a look by an operator when it stays."""

    code = "storage_unavailable"
    title = "The document storage cannot be reached, try again later"
    http_status = 503
    retry_after_seconds = 5
    remedy = "Try again in a few seconds; nothing was stored."


class ObjectMissing(DomainError):
    """There is no object under this key: it was removed, or never came to be."""

    code = "object_missing"
    title = "The stored object no longer exists"
    http_status = 410
    remedy = "The document cannot be had again; ask for a new one."


@once_per_process
def s3_client() -> "S3Client":
    """Return the client of this process; safe in threads. Making one takes milliseconds, using it a connection of its pool."""
    config = Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        read_timeout=READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=CONNECTIONS,
        proxies={},  # the settings say where S3 is; a proxy that the environment names for browsing has no part in it
        # Newer checksums are not understood by every server; ours is the tag of AES-GCM, which covers more.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    client: S3Client = Session().client(
        "s3",
        endpoint_url=settings.S3_ENDPOINT_URL,
        region_name=settings.S3_REGION,
        aws_access_key_id=settings.S3_ACCESS_KEY_ID,
        aws_secret_access_key=settings.S3_SECRET_ACCESS_KEY,
        config=config,
    )
    return client


@contextmanager
def storage_door() -> Iterator["S3Client"]:
    """Lend the client outside of any transaction, and translate whatever goes wrong into StorageUnavailable or ObjectMissing.

    A missing bucket or refused credentials are StorageUnavailable too: the caller can only come back later. The log names the reason.
    """
    assert_no_transaction()
    try:
        yield s3_client()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in NO_SUCH_OBJECT:
            raise ObjectMissing from None
        raise _unavailable(code) from error
    except BotoCoreError as error:
        raise _unavailable(type(error).__name__) from error


def _unavailable(reason: str) -> StorageUnavailable:
    logger.error("storage unavailable", extra={"reason": reason})
    return StorageUnavailable()
