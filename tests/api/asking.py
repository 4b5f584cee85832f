"""Asking the web process's own application, the fast path before Django included, as a client over the network would."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from django.utils.module_loading import import_string
from werkzeug.test import Client


@cache
def web_process() -> Any:
    """Return the application. It looks at the database when it is loaded, so that is done when the first test asks."""
    return import_string("kyc_platform.wsgi.application")


def ask(
    method: str, path: str, proof: str | None = None, *, json: Any = None, headers: Mapping[str, str] | None = None, **more: Any
) -> Any:
    """Send one request. `proof` is a whole Authorization header; `json` a value, or bytes that pretend to be JSON."""
    sent = {**({"Authorization": proof} if proof else {}), **(headers or {})}
    if json is not None:
        more |= {"data": json if isinstance(json, bytes) else orjson.dumps(json), "content_type": "application/json"}
    return Client(web_process()).open(path, method=method, headers=sent, **more)


def multipart(*parts: tuple[str, str | None, bytes], boundary: str = "frontier") -> dict[str, Any]:
    """Return a multipart body of (name, file name or None, bytes), for `ask`."""
    body = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return {"data": body + f"--{boundary}--\r\n".encode(), "content_type": f"multipart/form-data; boundary={boundary}"}
