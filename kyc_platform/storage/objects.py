"""Putting, getting and removing objects of the current merchant, and the bucket they lie in.

Bytes come here sealed already; keys and media types hold no personal data. Every function raises NetworkInsideTransaction inside a
transaction, ObjectOfAnotherMerchant for a foreign key, and StorageUnavailable when the server cannot be reached.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, cast

from botocore.exceptions import ClientError
from django.conf import settings

from kyc_platform.storage.client import ObjectMissing, StorageUnavailable, storage_door
from kyc_platform.storage.names import ObjectOfAnotherMerchant, own_prefix, require_own

if TYPE_CHECKING:
    from types_boto3_s3.literals import BucketLocationConstraintType

REGION_WITHOUT_NAME = "us-east-1"  # S3 refuses this one region as a LocationConstraint


def put(key: str, body: bytes, *, media_type: str = "application/octet-stream") -> None:
    """Store the bytes under the key, in the place of what was there. When it returns, they are stored."""
    require_own(key)
    with storage_door() as s3:
        s3.put_object(Bucket=settings.S3_BUCKET, Key=key, Body=body, ContentType=media_type)


def get(key: str) -> bytes:
    """Return the bytes of an object. Raises ObjectMissing."""
    require_own(key)
    with storage_door() as s3:
        return s3.get_object(Bucket=settings.S3_BUCKET, Key=key)["Body"].read()


def delete(key: str) -> None:
    """Remove an object; one that does not exist is removed already."""
    require_own(key)
    try:
        with storage_door() as s3:
            s3.delete_object(Bucket=settings.S3_BUCKET, Key=key)
    except ObjectMissing:
        return  # AWS does not tell; servers that do say what the caller wanted to hear


def exists(key: str) -> bool:
    """Tell whether there is an object under the key."""
    require_own(key)
    try:
        with storage_door() as s3:
            s3.head_object(Bucket=settings.S3_BUCKET, Key=key)
    except ObjectMissing:
        return False
    return True


def keys(prefix: str) -> Iterator[tuple[str, datetime]]:
    """Yield the key and the time of the last change (aware) of every object whose key begins so, in pages as they are asked for.

    The prefix is the current merchant's own or longer; a final slash is part of it. The order is the server's.
    """
    if not prefix.startswith(own_prefix()):
        raise ObjectOfAnotherMerchant("the prefix does not belong to the merchant this thread acts for")
    return _pages(prefix)


def _pages(prefix: str) -> Iterator[tuple[str, datetime]]:
    token = ""
    while True:
        with storage_door() as s3:
            if token:
                page = s3.list_objects_v2(Bucket=settings.S3_BUCKET, Prefix=prefix, ContinuationToken=token)
            else:
                page = s3.list_objects_v2(Bucket=settings.S3_BUCKET, Prefix=prefix)
        for entry in page.get("Contents", []):
            yield entry["Key"], entry["LastModified"]
        token = page.get("NextContinuationToken", "")
        if not token:
            return


def ensure_bucket() -> None:
    """Create the bucket unless it exists; safe to repeat and to run twice at once."""
    if is_reachable():
        return
    with storage_door() as s3:
        try:
            if settings.S3_REGION == REGION_WITHOUT_NAME:
                s3.create_bucket(Bucket=settings.S3_BUCKET)
            else:
                region = cast("BucketLocationConstraintType", settings.S3_REGION)
                s3.create_bucket(Bucket=settings.S3_BUCKET, CreateBucketConfiguration={"LocationConstraint": region})
        except ClientError as error:
            if error.response["Error"]["Code"] != "BucketAlreadyOwnedByYou":  # somebody was quicker
                raise


def is_reachable() -> bool:
    """Tell whether the server answers and the bucket is there and ours. Takes seconds when the server is dead."""
    try:
        with storage_door() as s3:
            s3.head_bucket(Bucket=settings.S3_BUCKET)
    except (StorageUnavailable, ObjectMissing):
        return False
    return True
