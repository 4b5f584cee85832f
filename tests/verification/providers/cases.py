"""Each adapter with what the contract needs to try it."""

import hashlib
import hmac
import io
import json
from collections.abc import Callable
from datetime import datetime

from PIL import Image

from tests.fixtures.sandbox_provider import Listener, SandboxProcess, free_port
from tests.verification.providers.contract import ProviderCase
from verification.providers.sandbox.adapter import SandboxAdapter


def a_photo() -> bytes:
    """Return a JPEG in which there is something to see."""
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((640, 480)).save(buffer, "JPEG")
    return buffer.getvalue()


def sandbox_case(sandbox_provider: SandboxProcess, callback_listener: Listener) -> ProviderCase:
    """Return the sandbox provider's case."""
    secret = sandbox_provider.callback_secret

    def sign(body: bytes, at: datetime) -> dict[str, str]:
        timestamp = str(int(at.timestamp()))
        digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {"sandbox-signature": f"t={timestamp},v1={digest}"}

    def callback_about(check: str) -> bytes:
        return json.dumps({"id": "evt_1", "type": "check.completed", "check": {"id": check}}).encode()

    def answer(**members: object) -> bytes:
        whole = {"status": "complete", "version": 1, "verdict": "passed", "documents": [], "findings": [], **members}
        return json.dumps(whole).encode()

    face = {"id": "doc_1", "kind": "SELFIE", "verdict": "passed", "findings": []}
    return ProviderCase(
        adapter=SandboxAdapter(base_url=sandbox_provider.url, api_key=sandbox_provider.api_key, callback_secret=secret),
        with_wrong_key=SandboxAdapter(base_url=sandbox_provider.url, api_key="x" * 32, callback_secret=secret),
        out_of_reach=SandboxAdapter(base_url=f"http://127.0.0.1:{free_port()}", api_key="x" * 32, callback_secret=secret),
        passing_document=a_photo(),
        callback_url=f"{callback_listener.url}/callbacks/sandbox/token",
        callback_about=callback_about,
        sign=sign,
        strange_answers=(
            b"",
            b"[]",
            b"{}",
            b"\xff",
            answer(verdict="iridescent"),
            answer(verdict=None),
            answer(verdict=["passed"]),
            answer(findings=["SOLAR_FLARE"]),
            answer(findings=["BLURRED_PHOTO"]),
            answer(status="processing"),
            answer(documents=None),
            answer(documents=[{**face, "kind": "EAR"}]),
            answer(documents=[{**face, "verdict": "iridescent"}]),
            answer(documents=[{**face, "verdict": "rejected", "findings": ["BLURRED_PHOTO"]}]),
            answer(verdict="rejected", documents=[{**face, "verdict": "rejected", "findings": ["SOLAR_FLARE"]}]),
            answer(version="new"),
        ),
    )


CASES: dict[str, Callable[[SandboxProcess, Listener], ProviderCase]] = {"sandbox": sandbox_case}
