"""Sealing bytes with AES-256-GCM so that they open only where they belong.

A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext | tag (16)`. Its associated data is its own header and the
binding, so neither the bytes nor their place can be changed. The nonce is 96 random bits: NIST SP 800-38D, 8.3, allows 2**32
values under one key, which no merchant's or customer's key comes near.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from struct import Struct
from types import MappingProxyType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kyc_platform.crypto.framing import framed
from kyc_platform.errors import DomainError

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = 1
KEY_ID_MAX = 2**32 - 1
HEADER = Struct(">BI")
PREFIX_BYTES = HEADER.size + NONCE_BYTES


class CannotOpen(DomainError):
    """Sealed bytes do not open: changed, moved, of another key, or no sealed bytes at all. It never says which."""

    code = "cannot_open"
    title = "The sealed data cannot be opened"
    http_status = 500  # whoever asked did nothing wrong and can do nothing about it; a destroyed key is known before opening
    remedy = "Tell us the `request_id`: what was stored is damaged."


class UnsuitableKey(ValueError):
    """A programming error: a key that is not 32 bytes, or a keyring without its primary key."""


def new_key() -> bytes:
    """Return 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


@dataclass(frozen=True)
class Binding:
    """The place of a sealed value: the merchant's schema, the table, the column, and the row as the caller names it for good."""

    merchant: str
    table: str
    column: str
    row: str

    @cached_property
    def associated_data(self) -> bytes:
        """The binding as bytes; two different bindings never give the same."""
        return framed(self.merchant, self.table, self.column, self.row)


@dataclass(frozen=True, eq=False)
class Keyring:
    """The keys of one owner by id (0 to 2**32 - 1): the primary one seals, every one opens. So a key rotates without downtime.

    Rotation: publish the new key everywhere as one that opens, make it primary, seal again what `needs_reseal`, drop the old one.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    primary: int
    _ciphers: Mapping[int, AESGCM] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.primary not in self.keys:
            raise UnsuitableKey("the primary key is not in the keyring")
        if any(not 0 <= key_id <= KEY_ID_MAX or len(key) != KEY_BYTES for key_id, key in self.keys.items()):
            raise UnsuitableKey(f"a keyring holds keys of {KEY_BYTES} bytes under ids from 0 to {KEY_ID_MAX}")
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        object.__setattr__(self, "_ciphers", {key_id: AESGCM(key) for key_id, key in self.keys.items()})

    def seal(self, plaintext: bytes, binding: Binding) -> bytes:
        """Return the plaintext sealed under the primary key for this place; another result each time, 33 bytes longer."""
        header = HEADER.pack(VERSION, self.primary)
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = BytesIO(bytes(PREFIX_BYTES + len(plaintext) + TAG_BYTES))  # filled in place: a document is in memory twice, not thrice
        with sealed.getbuffer() as buffer:
            buffer[:PREFIX_BYTES] = header + nonce
            self._ciphers[self.primary].encrypt_into(nonce, plaintext, header + binding.associated_data, buffer[PREFIX_BYTES:])
        return sealed.getvalue()

    def open(self, sealed: bytes, binding: Binding) -> bytes:
        """Return the plaintext of what was sealed for this place. Raises CannotOpen."""
        header, nonce = sealed[: HEADER.size], sealed[HEADER.size : PREFIX_BYTES]
        cipher = self._ciphers.get(_key_id(sealed))
        if cipher is None:
            raise CannotOpen
        try:
            return cipher.decrypt(nonce, memoryview(sealed)[PREFIX_BYTES:], header + binding.associated_data)
        except InvalidTag:
            raise CannotOpen from None

    def needs_reseal(self, sealed: bytes) -> bool:
        """Tell whether the value was sealed under a key that is no longer the primary one. Raises CannotOpen when it is none."""
        return _key_id(sealed) != self.primary


def _key_id(sealed: bytes) -> int:
    if len(sealed) < PREFIX_BYTES + TAG_BYTES or sealed[0] != VERSION:
        raise CannotOpen
    key_id: int = HEADER.unpack_from(sealed)[1]
    return key_id
