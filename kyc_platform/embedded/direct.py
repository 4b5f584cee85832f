"""Servers as plain child processes, without supervision: for one run of the tests, which wants to see a crash, not its repair."""

import subprocess
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from kyc_platform.embedded.accounts import run_as
from kyc_platform.embedded.leftovers import stop_leftovers
from kyc_platform.embedded.places import MARK, Folder
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.servers import Server, wait_until_ready


class DirectServers:
    """The started servers of a folder. `stop` ends them and whatever else carries the folder's mark."""

    def __init__(self, folder: Folder, servers: list[Server], *, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.folder, self.servers, self.environment, self.say = folder, servers, environment, say
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start all and wait until they answer. Raises NotReady, with everything stopped again."""
        with ExitStack() as undo:
            undo.callback(self.stop)
            for server in self.servers:
                server.prepare(say=self.say)
                self.processes[server.name] = self._spawn(server.program())
            wait_until_ready(self.servers, log=self.log, is_alive=lambda name: self.processes[name].poll() is None)
            for server in self.servers:
                server.create()
            undo.pop_all()

    def stop(self) -> None:
        """Stop everything of the folder and wait for its end. May be repeated."""
        stop_leftovers(self.folder)
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def log(self, name: str) -> Path:
        """Return the log file of one server."""
        return self.folder.logs / f"{name}.log"

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        with self.log(program.name).open("ab") as log:
            return subprocess.Popen(
                program.command,
                cwd=program.directory,
                env={**self.environment, **program.environment, MARK: str(self.folder.path)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,
                start_new_session=True,  # Ctrl-C in the terminal is the tests' own affair: they stop the servers last
                **run_as(program.account),
            )
