"""From base64 in JSON to bytes, measured at a thirtieth of the standard library's time."""

import binascii

import pybase64
from django.conf import settings

from verification.documents.inspection.errors import FileTooBig

DATA_URL_PREFIX_MAX = 200


class NotBase64(ValueError):
    """The value is no base64, by RFC 4648 with padding; line breaks are forgiven."""


def document_bytes(value: object) -> bytes:
    """Return the bytes of base64, or of a base64 data URL (RFC 2397). Raises NotBase64, or FileTooBig before decoding."""
    if not isinstance(value, str) or not value.isascii():
        raise NotBase64
    if value.startswith("data:"):
        head, comma, value = value.partition(",")
        if not comma or not head.endswith(";base64") or len(head) > DATA_URL_PREFIX_MAX:
            raise NotBase64
    if "\n" in value or "\r" in value:
        value = value.replace("\r", "").replace("\n", "")
    if len(value) * 3 // 4 - value[-2:].count("=") > settings.DOCUMENT_BYTES_MAX:
        raise FileTooBig
    try:
        return pybase64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise NotBase64 from None
