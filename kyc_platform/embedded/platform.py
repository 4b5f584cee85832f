"""The whole platform of a folder: from nothing, or from where it was left, to answering requests, and to its end."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from kyc_platform.embedded import supervision
from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.leftovers import stop_leftovers
from kyc_platform.embedded.places import ROOT, Folder
from kyc_platform.embedded.program import NotReady, Program
from kyc_platform.embedded.programs import WITH_PORTS, WITHOUT_PORTS, platform_programs
from kyc_platform.embedded.servers import embedded_names, embedded_servers, end_of, wait_until_ready
from kyc_platform.embedded.state import HOST, load_state, save_state, settle_ports
from kyc_platform.embedded.supervision import Supervision

ANSWER_SECONDS = 90
# Servers on this machine are asked directly, whatever proxy the machine is set to.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Platform:
    """One running platform. `given` is the environment of whoever starts it, `say` shows one line of progress."""

    def __init__(self, folder: Folder, given: Mapping[str, str], *, say: Callable[[str], None]) -> None:
        self.folder, self.given, self.say = folder, given, say
        folder.make()
        self.state = load_state(folder)
        self.supervision = Supervision(folder, self.state)

    @property
    def base_url(self) -> str:
        """Where the platform answers."""
        return f"http://{HOST}:{self.state.ports['web']}"

    def start(self) -> None:
        """Start everything and return when it answers. Raises NotReady; the caller then calls `stop`, as after success."""
        stop_leftovers(self.folder, say=self.say)
        for counted in self.folder.metrics.iterdir():
            counted.unlink()
        settle_ports(self.state, [*embedded_names(self.given), *WITH_PORTS, supervision.NAME], say=self.say)
        save_state(self.folder, self.state)
        environment = platform_environment(self.folder, self.state, self.given)
        servers = embedded_servers(self.folder, self.state, self.given)
        programs = platform_programs(self.folder, self.state, environment)
        names = ", ".join(server.name for server in servers) or "none: all are outside"
        self.say(f"Starting the embedded servers ({names}).")
        for server in servers:
            server.prepare(say=self.say)
        base = base_environment(self.folder, self.given)
        self.supervision.start([*(server.program() for server in servers), *programs], environment=base)
        self._wait(supervision.NAME, self.supervision.answers)
        for server in servers:
            self.supervision.run(server.name)
        wait_until_ready(servers, log=self.supervision.log, is_alive=self.supervision.is_trying)
        for server in servers:
            server.create()
        everything = base | environment
        self.say("Migrating the database.")
        self._finish("migrating", [sys.executable, "manage.py", "migrate_merchants"], everything)
        self.say("Opening the demonstration merchant and its sandbox.")
        self._finish("opening", [sys.executable, "-m", "kyc_platform.demo.opening", str(self.folder.path)], everything)
        self.say(f"Starting {', '.join(program.name for program in programs)}.")
        began = time.monotonic()
        for program in programs:
            self.supervision.run(program.name)
        for name in WITH_PORTS:
            path = "/readyz" if name == "web" else "/healthz"
            self._wait(name, partial(answers, f"http://{HOST}:{self.state.ports[name]}{path}"), programs=programs)
        for name in WITHOUT_PORTS:
            self._wait(name, partial(self._has_shown_life, name, since=began), programs=programs)

    def stop(self) -> None:
        """Stop everything, in order, and whatever is left of it by force. May be repeated."""
        self.supervision.stop()
        stop_leftovers(self.folder)

    def _wait(self, name: str, is_ready: Callable[[], bool], *, programs: Sequence[Program] = ()) -> None:
        """Wait until it is so. Raises NotReady after ANSWER_SECONDS, and at once when one of these programs, all just run, has ended."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not is_ready():
            ended = self.supervision.first_ended(programs) if programs and self.supervision.answers() else None
            if ended is not None:
                raise self._not_ready(ended, "ended while it was being started")
            if not self.supervision.is_alive() or time.monotonic() > deadline:
                raise self._not_ready(name, "does not answer")
            time.sleep(0.1)

    def _not_ready(self, name: str, what: str) -> NotReady:
        log = self.supervision.log(name)
        return NotReady(f"{name} {what}. The end of {log}:\n{end_of(log)}")

    def _has_shown_life(self, name: str, *, since: float) -> bool:
        """Tell whether a program that takes no requests has shown life since a moment of this process's monotonic clock."""
        background = ask(f"{self.base_url}/readyz").get("background") or {}
        seconds = background.get("seconds_since_life", {}).get(name)
        return seconds is not None and seconds < time.monotonic() - since

    def _finish(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a step to its end. Raises NotReady, with the end of what it wrote, when it fails."""
        log = self.supervision.log(name)
        with log.open("wb") as output:
            outcome = subprocess.run(
                command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if outcome.returncode:
            raise NotReady(f"The step `{name}` failed. The end of {log}:\n{end_of(log)}")


def ask(url: str) -> dict[str, Any]:
    """Return what is answered in JSON, whatever its status; nothing when there is no such answer."""
    try:
        with DIRECT.open(url, timeout=5) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        with error, suppress(ValueError):
            return dict(json.load(error))
    except (OSError, ValueError):
        pass
    return {}


def answers(url: str) -> bool:
    """Tell whether a request is answered with success."""
    try:
        with DIRECT.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
