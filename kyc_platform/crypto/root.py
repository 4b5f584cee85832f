"""The root of all keys: it wraps merchant keys and nothing else, and lies in the environment, a file, or AWS KMS.

A wrapped key carries the id of the root key that wrapped it, so that several can be valid while one replaces another.
"""

import logging
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kyc_platform.crypto.framing import framed
from kyc_platform.crypto.sealing import KEY_BYTES, NONCE_BYTES, CannotOpen, UnsuitableKey
from kyc_platform.doors import assert_no_transaction
from kyc_platform.errors import DomainError
from kyc_platform.per_process import once_per_process

if TYPE_CHECKING:
    from types_boto3_kms import KMSClient

logger = logging.getLogger(__name__)

LOCAL, KMS = 1, 2
KEY_ID_BYTES_MAX = 255
NOT_OURS = ("InvalidCiphertextException", "IncorrectKeyException")


class RootKeyUnavailable(DomainError):
    """AWS KMS does not answer, or refuses us: worth another try, and a look by an operator."""

    code = "root_key_unavailable"
    title = "The key service cannot be reached, try again later"
    http_status = 503
    retry_after_seconds = 5
    remedy = "Try again in a few seconds."


class RootKey(Protocol):
    """Wraps and unwraps keys. `context` says whose key it is and is no secret: a key wrapped for one does not unwrap for another.

    None of them works inside a transaction: one kind is a service over the network, and the other does not hide where that matters.
    """

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Return the key wrapped under the root key that wraps at present."""

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Return the key. Raises CannotOpen, and RootKeyUnavailable where the root key is a service."""

    def needs_rewrap(self, wrapped: bytes) -> bool:
        """Tell whether another root key than the present one wrapped this. Raises CannotOpen when it is no wrapped key."""


class LocalRootKeys:
    """Root keys in this process's memory, by id: the first wraps, every one unwraps."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
            raise UnsuitableKey(f"there is at least one root key, and each has {KEY_BYTES} bytes")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._present = next(iter(keys))

    def __repr__(self) -> str:
        return f"LocalRootKeys({', '.join(self._ciphers)})"

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Return `header | nonce | ciphertext | tag`, AES-256-GCM."""
        assert_no_transaction()
        header, nonce = _header(LOCAL, self._present), secrets.token_bytes(NONCE_BYTES)
        return header + nonce + self._ciphers[self._present].encrypt(nonce, key, header + framed(context))

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Return the key. Raises CannotOpen."""
        assert_no_transaction()
        key_id, body = _parsed(LOCAL, wrapped)
        cipher = self._ciphers.get(key_id)
        if cipher is None or len(body) < NONCE_BYTES:
            raise CannotOpen
        try:
            return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _header(LOCAL, key_id) + framed(context))
        except InvalidTag:
            raise CannotOpen from None

    def needs_rewrap(self, wrapped: bytes) -> bool:
        """Tell whether another key than the first wrapped this."""
        return _parsed(LOCAL, wrapped)[0] != self._present


class KmsRootKey:
    """A root key that never leaves AWS KMS. `context` becomes the encryption context, which CloudTrail records in clear.

    `key_id` is a key's id or ARN and no alias: an alias moves to another key, and nobody could tell which one wrapped what.
    Key material that KMS rotates under one id needs no work here. After a change of the id, what the old key wrapped still
    unwraps as long as this process's AWS identity may use it; that policy is also what keeps foreign keys out.
    """

    def __init__(self, key_id: str, client: "KMSClient") -> None:
        if "alias/" in key_id:
            raise UnsuitableKey("name the KMS key by its id or ARN: an alias may move to another key")
        self._key_id = key_id
        self._client = client

    def __repr__(self) -> str:
        return f"KmsRootKey({self._key_id})"

    def wrap(self, key: bytes, *, context: str) -> bytes:
        """Return `header | KMS ciphertext`; the header names the key by its ARN. Raises RootKeyUnavailable."""
        assert_no_transaction()
        try:
            answer = self._client.encrypt(KeyId=self._key_id, Plaintext=key, EncryptionContext={"context": context})
        except (BotoCoreError, ClientError) as error:
            raise _unavailable(error) from error
        return _header(KMS, answer["KeyId"]) + answer["CiphertextBlob"]

    def unwrap(self, wrapped: bytes, *, context: str) -> bytes:
        """Return the key. Raises CannotOpen or RootKeyUnavailable."""
        assert_no_transaction()
        key_id, body = _parsed(KMS, wrapped)
        try:
            return self._client.decrypt(KeyId=key_id, CiphertextBlob=body, EncryptionContext={"context": context})["Plaintext"]
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_OURS:
                raise CannotOpen from None
            raise _unavailable(error) from error
        except BotoCoreError as error:
            raise _unavailable(error) from error

    def needs_rewrap(self, wrapped: bytes) -> bool:
        """Tell whether another key than the present one wrapped this."""
        return _parsed(KMS, wrapped)[0].rpartition("/")[2] != self._key_id.rpartition("/")[2]


@once_per_process
def root_key() -> RootKey:
    """Return the root key that the settings name; one object a process."""
    if settings.ROOT_KMS_KEY_ID is None:
        return LocalRootKeys(settings.ROOT_KEYS)
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    return KmsRootKey(settings.ROOT_KMS_KEY_ID, Session().client("kms", config=config))


def _header(kind: int, key_id: str) -> bytes:
    encoded = key_id.encode()
    if not 0 < len(encoded) <= KEY_ID_BYTES_MAX:
        raise ValueError(f"the id of a root key is 1 to {KEY_ID_BYTES_MAX} bytes")
    return bytes((kind, len(encoded))) + encoded


def _parsed(kind: int, wrapped: bytes) -> tuple[str, bytes]:
    if len(wrapped) < 2 or wrapped[0] != kind or len(wrapped) <= 2 + wrapped[1]:
        raise CannotOpen
    end = 2 + wrapped[1]
    try:
        return wrapped[2:end].decode(), wrapped[end:]
    except UnicodeDecodeError:
        raise CannotOpen from None


def _unavailable(error: BotoCoreError | ClientError) -> RootKeyUnavailable:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    logger.error("key service unavailable", extra={"reason": code})
    return RootKeyUnavailable()
