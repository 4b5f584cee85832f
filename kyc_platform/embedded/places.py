"""Where things lie in a checkout, and how a process is recognised as belonging to one."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# Every process started here carries this variable with its folder, so that a later run knows its own from everybody else's.
MARK = "KYC_EMBEDDED_FOLDER"
# And this one with the program's name, so that a program finds the children that its killed predecessor left.
PROGRAM = "KYC_EMBEDDED_PROGRAM"
PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600


@dataclass(frozen=True)
class Folder:
    """One set of embedded servers and what they keep: `.local` for the platform, `.local/test/…` for one run of the tests."""

    path: Path

    @property
    def state_file(self) -> Path:
        """Ports and credentials, chosen once."""
        return self.path / "state.json"

    @property
    def demo_file(self) -> Path:
        """What the demonstration and a curious person need: URLs, keys, logins."""
        return self.path / "demo.json"

    @property
    def logs(self) -> Path:
        """One log file a program."""
        return self.path / "logs"

    @property
    def mail(self) -> Path:
        """The mails that would have been sent, a file each."""
        return self.path / "mail"

    @property
    def metrics(self) -> Path:
        """What the platform's processes have counted since it was started."""
        return self.path / "metrics"

    @property
    def servers(self) -> Path:
        """The servers' data, a folder each."""
        return self.path / "servers"

    @cached_property
    def elsewhere(self) -> Path:
        """A folder outside the checkout for a PostgreSQL that may not reach into it: see `accounts`. One for each folder."""
        return Path("/var/tmp") / f"kyc-{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]}"  # noqa: S108  # its owner is checked

    def make(self) -> None:
        """Create what is missing. Only the owner may read; root lets PostgreSQL's account pass through, not look."""
        for folder in (self.path, self.logs, self.mail, self.metrics, self.servers):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711 if os.geteuid() == 0 and folder not in (self.logs, self.mail, self.metrics) else PRIVATE_FOLDER)


PLATFORM = Folder(ROOT / ".local")
TESTS = ROOT / ".local" / "test"


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
