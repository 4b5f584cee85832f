"""Ports and credentials of a folder's servers: chosen at random once, kept in `state.json`, never the same in two checkouts."""

import base64
import json
import random
import secrets
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from kyc_platform.embedded.places import Folder, write_private

# Below the range that systems take outgoing connections' ports from, so that a kept port is seldom taken by chance.
PORT_FIRST, PORT_LAST = 20_000, 31_999
HOST = "127.0.0.1"


def _token() -> str:
    return secrets.token_urlsafe(32)


@dataclass
class State:
    """What is kept between two starts. `ports` by program name; all else are secrets."""

    ports: dict[str, int] = field(default_factory=dict)
    postgres_password: str = field(default_factory=_token)
    redis_password: str = field(default_factory=_token)
    s3_access_key: str = field(default_factory=lambda: f"KYC{secrets.token_hex(10).upper()}")
    s3_secret_key: str = field(default_factory=_token)
    supervisor_password: str = field(default_factory=_token)
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(64))
    root_key: str = field(default_factory=lambda: f"root-1:{base64.b64encode(secrets.token_bytes(32)).decode()}")
    provider_api_key: str = field(default_factory=_token)
    provider_callback_secret: str = field(default_factory=_token)
    operator_password: str = field(default_factory=_token)
    member_password: str = field(default_factory=_token)


def load_state(folder: Folder) -> State:
    """Return the folder's state, made and kept when there is none yet."""
    if folder.state_file.exists():
        return State(**json.loads(folder.state_file.read_text()))
    state = State()
    save_state(folder, state)
    return state


def save_state(folder: Folder, state: State) -> None:
    """Keep the state, for its owner alone."""
    write_private(folder.state_file, json.dumps(asdict(state), indent=2))


def settle_ports(state: State, names: list[str], *, say: Callable[[str], None]) -> None:
    """Give every named program a free port: the one it had, or, when another program took that, another one, said aloud."""
    for name in names:
        kept = state.ports.get(name)
        if kept is not None and is_free(kept):
            continue
        state.ports[name] = _free_port(taken=set(state.ports.values()))
        if kept is not None:
            say(f"Port {kept} of {name} is taken by another program: using {state.ports[name]} instead.")


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do: a connection just closed is no hindrance
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _free_port(*, taken: set[int]) -> int:
    candidates = random.SystemRandom().sample(range(PORT_FIRST, PORT_LAST + 1), 500)
    for port in candidates:
        if port not in taken and is_free(port):
            return port
    raise RuntimeError(f"no free port between {PORT_FIRST} and {PORT_LAST} on {HOST}")
