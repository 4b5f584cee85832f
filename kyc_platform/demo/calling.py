"""How the demonstration talks: public HTTP calls, each shown as one line with the telling part of its answer."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

ANSWER_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 90.0
LOOK_EVERY_SECONDS: Final = 0.25


class DemonstrationFailed(Exception):
    """Something was not as it should be; the text says what was expected and what was there."""


@dataclass(frozen=True)
class Facts:
    """What `demo.json` tells: where things are, and the key of the merchant's sandbox."""

    base_url: str
    test_api_key: str
    webhook_receiver_url: str

    @classmethod
    def read(cls, members: Mapping[str, Any]) -> "Facts":
        """Take the facts from the file's members. Raises DemonstrationFailed naming what is missing."""
        missing = [name for name in cls.__dataclass_fields__ if not isinstance(members.get(name), str)]
        if missing:
            raise DemonstrationFailed(f"expected {', '.join(missing)} in the file that `make up` writes")
        return cls(**{name: members[name] for name in cls.__dataclass_fields__})


def say(line: str = "") -> None:
    """Show a line at once, also into a file."""
    print(line, flush=True)


def shown(members: object) -> str:
    """Return JSON on one line, in the reader's letters."""
    return json.dumps(members, ensure_ascii=False)


class Caller:
    """Makes calls and shows them. Its number grows with each, so that a failure names its place."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.number = 0
        self._session = requests.Session()
        self._session.trust_env = False  # loopback needs no proxy

    def as_merchant(self, method: str, path: str, *, expect: int, tell: tuple[str, ...] = (), **content: Any) -> dict[str, Any]:
        """Call the merchant API with the test key, show the members named by `tell`, and return the answer."""
        return self._shown_call("merchant", f"Api-Key {self.facts.test_api_key}", method, path, expect, tell, content)

    def as_end_user(self, token: str, method: str, path: str, *, expect: int, tell: tuple[str, ...] = (), **content: Any) -> dict[str, Any]:
        """Call the first seed's API as a customer."""
        return self._shown_call("end user", f"JWT {token}", method, path, expect, tell, content)

    def received(self, customer_id: str) -> dict[str, Any]:
        """Ask the webhook receiver what came about a customer."""
        response = self._send("GET", f"{self.facts.webhook_receiver_url}/received", {"params": {"customer_id": customer_id}})
        return self._members(response, 200)

    def wait(self, what: str, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
        """Look again and again until there is something, and return it. Raises DemonstrationFailed naming what was waited for."""
        began = time.monotonic()
        while time.monotonic() - began < WAIT_SECONDS:
            if (found := look()) is not None:
                self.step(f"waited {time.monotonic() - began:.1f} s for {what}")
                return found
            time.sleep(LOOK_EVERY_SECONDS)
        raise DemonstrationFailed(f"expected {what} within {WAIT_SECONDS:.0f} s; it did not come. The logs are in .local/logs")

    def quietly(self, path: str, token: str | None = None) -> dict[str, Any]:
        """Read something without showing it, while waiting."""
        authorization = f"JWT {token}" if token else f"Api-Key {self.facts.test_api_key}"
        return self._members(self._send("GET", self.facts.base_url + path, {"headers": {"Authorization": authorization}}), 200)

    def step(self, line: str) -> None:
        """Show one numbered line."""
        self.number += 1
        say(f"  {self.number:>2}. {line}")

    def _shown_call(
        self, who: str, authorization: str, method: str, path: str, expect: int, tell: tuple[str, ...], content: Mapping[str, Any]
    ) -> dict[str, Any]:
        headers = {"Authorization": authorization}
        response = self._send(method, self.facts.base_url + path, {**content, "headers": headers})
        members = self._members(response, expect)
        telling = {name: members.get(name) for name in tell}
        self.step(f"{who}: {method} {path} -> {response.status_code}" + (f"  {shown(telling)}" if tell else ""))
        return members

    def _send(self, method: str, url: str, content: Mapping[str, Any]) -> requests.Response:
        try:
            return self._session.request(method, url, timeout=ANSWER_SECONDS, allow_redirects=False, **content)
        except requests.RequestException as error:
            raise DemonstrationFailed(
                f"expected an answer to {method} {url}; there was {type(error).__name__}. Is `make up` running?"
            ) from None

    def _members(self, response: requests.Response, expect: int) -> dict[str, Any]:
        asked = f"{response.request.method} {response.request.path_url}"
        if response.status_code != expect:
            raise DemonstrationFailed(f"expected {expect} from {asked}; it was {response.status_code}: {response.text[:600]}")
        if expect == 204:
            return {}
        try:
            members = response.json()
        except ValueError:
            members = None
        if not isinstance(members, dict):
            raise DemonstrationFailed(f"expected a JSON object from {asked}; it was: {response.text[:200]}")
        return members


def check(what: str, expected: object, found: object) -> None:
    """Raise DemonstrationFailed unless the two are equal."""
    if expected != found:
        raise DemonstrationFailed(f"expected {what} to be {shown(expected)}; it was {shown(found)}")
