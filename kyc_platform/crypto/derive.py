"""Several keys from one, each for its own purpose."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kyc_platform.crypto.framing import framed
from kyc_platform.crypto.sealing import KEY_BYTES


def derive_key(key: bytes, purpose: str) -> bytes:
    """Return 32 bytes of HKDF-SHA256 (RFC 5869) for a purpose, always the same; one derived key tells nothing of another or of `key`.

    `purpose` is a constant of the code ("blind index"), never a value from outside.
    """
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=framed("kyc_platform", purpose)).derive(key)
