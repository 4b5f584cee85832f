"""The life of `make up`, `make demo` and `make down`."""

import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from types import FrameType

from kyc_platform.embedded.environment import base_environment
from kyc_platform.embedded.holding import ask_to_end, holder, holding
from kyc_platform.embedded.leftovers import stop_leftovers
from kyc_platform.embedded.places import PLATFORM, ROOT
from kyc_platform.embedded.platform import Platform, answers
from kyc_platform.embedded.program import NotReady
from kyc_platform.embedded.runs import clear_abandoned_runs

WATCH_SECONDS = 0.5
BEING_STARTED_SECONDS = 180
EXAMPLE_CUSTOMER = {
    "name": "Anna Maria Eriksson",
    "email": "anna@example.com",
    "phone_number": "+46701234567",
    "date_of_birth": "1974-08-12",
    "address": {"line1": "Storgatan 1", "city": "Uppsala", "postal_code": "753 20", "country": "SE"},
    "identity_document": {"type": "passport", "number": "L898902C3", "issuing_country": "SE", "expiry_date": "2032-04-15"},
    "level": "standard",
}


class Ended(Exception):
    """Ctrl-C or SIGTERM: the wish to end, which is carried out wherever it arrives."""


def up(given: Mapping[str, str]) -> int:
    """Start the platform, play the demonstration, say how to go on, and serve until asked to end. 1 when the demonstration failed."""
    with holding(PLATFORM), _ending_in_order(), _running(given) as platform:
        outcome = _play(given)
        _print_how_to_go_on()
        try:
            while platform.supervision.is_alive():
                time.sleep(WATCH_SECONDS)
        except Ended:
            return outcome
        raise NotReady("The supervisor ended, so everything is stopped. `make up` starts it again; no data is lost.")


def demo(given: Mapping[str, str]) -> int:
    """Play the demonstration against the running platform, or start one for it and stop it again. 0 when it succeeded."""
    if holder(PLATFORM) is not None:
        _await_start()
        return _play(given)
    with holding(PLATFORM), _ending_in_order(), _running(given):
        return _play(given)


def down(_given: Mapping[str, str]) -> int:
    """Stop the platform of this checkout, and whatever a crash left of it or of a test run. The data stays."""
    had_holder = ask_to_end(PLATFORM)
    with holding(PLATFORM):
        count = stop_leftovers(PLATFORM, say=_say)
    clear_abandoned_runs()
    _say("Stopped." if had_holder or count else "Nothing of this checkout was running.")
    return 0


@contextmanager
def _running(given: Mapping[str, str]) -> Iterator[Platform]:
    platform = Platform(PLATFORM, given, say=_say)
    began = time.monotonic()
    try:
        platform.start()
        _say(f"The platform answers at {platform.base_url} after {time.monotonic() - began:.0f} seconds.")
        yield platform
    finally:
        _ignore_further_wishes()
        _say("Stopping.")
        platform.stop()
        _say("Stopped; the data stays in .local.")


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into Ended, once."""

    def end(_number: int, _frame: FrameType | None) -> None:
        _ignore_further_wishes()
        raise Ended

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asked for it to be ignored
        signal.signal(signal.SIGHUP, end)
    yield


def _ignore_further_wishes() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _play(given: Mapping[str, str]) -> int:
    environment = base_environment(PLATFORM, given)
    command = [sys.executable, "-m", "kyc_platform.demo.play", str(PLATFORM.demo_file)]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False)
    if outcome.returncode:
        _say("The demonstration failed: the lines above say where. The logs are in .local/logs.")
    return 1 if outcome.returncode else 0


def _await_start() -> None:
    """Wait until a platform that another process is starting answers. Raises NotReady."""
    deadline = time.monotonic() + BEING_STARTED_SECONDS
    while time.monotonic() < deadline and holder(PLATFORM) is not None:
        with suppress(FileNotFoundError):
            if answers(f"{json.loads(PLATFORM.demo_file.read_text())['base_url']}/readyz"):
                return
        time.sleep(WATCH_SECONDS)
    raise NotReady("The platform of this checkout is being started and does not answer; .local/logs says why.")


def _print_how_to_go_on() -> None:
    facts = json.loads(PLATFORM.demo_file.read_text())
    url, customer_id = facts["base_url"], f"cus-{secrets.token_hex(4)}"
    as_merchant = f"curl -H 'Authorization: Api-Key {facts['test_api_key']}'"
    customer = json.dumps({"customer_id": customer_id, **EXAMPLE_CUSTOMER})
    _say(f"""
The platform serves until Ctrl-C.

  merchant API     {url}/api/v1      (its description: {url}/api/v1/docs)
  health           {url}/readyz
  Django admin     {url}/admin/      as {facts["operator"]["email"]}, password {facts["operator"]["password"]}
  sandbox provider {facts["provider_url"]}
  webhook receiver {facts["webhook_receiver_url"]}
  test key         {facts["test_api_key"]}
  live key         {facts["live_api_key"]}
  all of these     .local/demo.json

Go on with:

  {as_merchant} {url}/api/v1/customers
  {as_merchant} -H 'Content-Type: application/json' {url}/api/v1/customers -d '{customer}'
  {as_merchant} {url}/api/v1/customers/{customer_id}/kyc-status
""")


def _say(line: str) -> None:
    """Show a line at once. A reader that has gone away is no reason to stop."""
    with suppress(OSError):
        print(line, flush=True)
