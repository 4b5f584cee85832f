"""Keeping processes alive is the library supervisor's work: what it is told, and how it is asked.

It is reached over HTTP on 127.0.0.1 with a random password, since a socket's path may be no longer than 107 characters and a
checkout's may.
"""

import shlex
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from kyc_platform.embedded.launch import launching
from kyc_platform.embedded.places import PRIVATE_FILE, Folder, write_private
from kyc_platform.embedded.program import Program
from kyc_platform.embedded.state import HOST, State

NAME = "supervisor"
LOG_BYTES_MAX = 10_000_000
STARTS_MAX = 1_000  # a program that cannot start is tried again, a second later each time: its server may be restarting
STOP_SECONDS = 120
UNREACHABLE = (OSError, HTTPException, xmlrpc.client.Error)


class Supervision:
    """The supervisor of one folder: it runs the programs as its children and restarts each that ends without being asked to."""

    def __init__(self, folder: Folder, state: State) -> None:
        self.folder, self.state = folder, state
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, programs: Sequence[Program], *, environment: Mapping[str, str]) -> None:
        """Start the supervisor. No program runs before `run` names it."""
        configuration = self.folder.path / "supervisord.conf"
        write_private(configuration, self._configuration(programs))
        output_file = self.folder.logs / "supervisor.out"
        output_file.touch(mode=PRIVATE_FILE)
        with output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(configuration)],
                cwd=self.folder.path,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=0o077,
                start_new_session=True,  # Ctrl-C reaches the parent alone, which then ends everything in order
            )

    def is_alive(self) -> bool:
        """Tell whether the supervisor itself runs."""
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        """Tell whether the supervisor takes orders yet."""
        try:
            with self.asked() as asked:
                return bool(asked.supervisor.getState())
        except UNREACHABLE:
            return False

    def run(self, name: str) -> None:
        """Start a program and return at once; a program that runs already is left alone."""
        try:
            with self.asked() as asked:
                asked.supervisor.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise

    def is_trying(self, name: str) -> bool:
        """Tell whether a program runs or is being started again; false once the supervisor has given it up."""
        with self.asked() as asked:
            state = cast(dict[str, Any], asked.supervisor.getProcessInfo(name))["statename"]
        return self.is_alive() and state in ("STARTING", "RUNNING", "BACKOFF", "STOPPED")

    def first_ended(self, programs: Sequence[Program]) -> str | None:
        """Return the first of these programs that has ended since it was run, though it may run again by now."""
        with self.asked() as asked:
            found = {told["name"]: told for told in cast(list[dict[str, Any]], asked.supervisor.getAllProcessInfo())}
        return next((program.name for program in programs if found[program.name]["stop"]), None)

    def log(self, name: str) -> Path:
        """Return the log file of a program."""
        return self.folder.logs / f"{name}.log"

    def stop(self) -> None:
        """Stop every program, servers last, and the supervisor; wait for the end. May be repeated."""
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()  # its children are found by their mark and stopped by the caller
            self.process.wait()

    def asked(self) -> xmlrpc.client.ServerProxy:
        """Return supervisor's own interface (http://supervisord.org/api.html), a context manager, for further questions and orders."""
        password = quote(self.state.supervisor_password, safe="")
        return xmlrpc.client.ServerProxy(f"http://kyc:{password}@{HOST}:{self.state.ports[NAME]}/RPC2")

    def _configuration(self, programs: Sequence[Program]) -> str:
        lines = [
            "[supervisord]",
            # Relative to the folder, where it is started: an absolute path is expanded twice, and a percent sign in it not understood.
            f"logfile = {self.folder.logs.name}/supervisor.log",
            f"logfile_maxbytes = {LOG_BYTES_MAX}",
            "logfile_backups = 1",
            "pidfile = supervisord.pid",
            f"childlogdir = {self.folder.logs.name}",
            "silent = true",
            "[inet_http_server]",
            f"port = {HOST}:{self.state.ports[NAME]}",
            "username = kyc",
            f"password = {_text(self.state.supervisor_password)}",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        ]
        for place, program in enumerate(programs):
            lines += self._section(program, place)
        return "\n".join([*lines, ""])

    def _section(self, program: Program, place: int) -> list[str]:
        log = "stderr" if program.is_stdout_for_people else "stdout"
        return [
            f"[program:{program.name}]",
            f"command = {_text(shlex.join(launching(program, self.folder)))}",
            f"directory = {_text(program.directory)}",
            *([f"user = {program.account}"] if program.account else []),
            f"priority = {place}",  # started in this order, stopped in the reverse
            "autostart = false",
            "autorestart = true",
            "startsecs = 1",
            f"startretries = {STARTS_MAX}",
            f"stopsignal = {program.stop_signal.name.removeprefix('SIG')}",
            f"stopwaitsecs = {program.stop_seconds}",
            "killasgroup = true",
            *(["stdout_logfile = NONE"] if program.is_stdout_for_people else ["redirect_stderr = true"]),
            f"{log}_logfile = {self.folder.logs.name}/{program.name}.log",
            f"{log}_logfile_maxbytes = {LOG_BYTES_MAX}",
            f"{log}_logfile_backups = 1",
        ]


def _text(value: object) -> str:
    """Write a value into the configuration, where a percent sign begins an expansion."""
    text = str(value)
    if any(mark in text for mark in ("\n", " ;", " #")):
        raise ValueError(f"supervisor's configuration cannot hold {text!r}: rename the folder to one without a line break, ' ;' or ' #'")
    return text.replace("%", "%%")
