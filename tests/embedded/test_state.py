"""Ports and credentials: random, kept, private; a taken port is replaced and said aloud."""

import socket
import stat
from dataclasses import asdict

from kyc_platform.embedded.state import HOST, State, load_state, save_state, settle_ports


def test_two_checkouts_have_no_credential_in_common():
    one, other = asdict(State()), asdict(State())
    assert [name for name in one if name != "ports" and one[name] == other[name]] == []
    assert all(len(value) >= 20 for name, value in one.items() if name != "ports")


def test_credentials_and_ports_are_kept_where_only_their_owner_reads(folder):
    state = load_state(folder)
    settle_ports(state, ["web"], say=lambda line: None)
    save_state(folder, state)

    assert load_state(folder) == state
    assert stat.S_IMODE(folder.state_file.stat().st_mode) == 0o600


def test_a_port_that_another_program_took_is_replaced_and_said_aloud():
    state = State()
    said: list[str] = []
    settle_ports(state, ["web", "redis"], say=said.append)
    before = dict(state.ports)
    with socket.create_server((HOST, before["web"])):
        settle_ports(state, ["web", "redis"], say=said.append)

    assert state.ports["redis"] == before["redis"]
    assert state.ports["web"] != before["web"]
    assert said == [f"Port {before['web']} of web is taken by another program: using {state.ports['web']} instead."]


def test_free_ports_stay_as_they_were_and_nothing_is_said():
    state = State()
    said: list[str] = []
    settle_ports(state, ["web", "redis", "s3"], say=said.append)
    before = dict(state.ports)
    settle_ports(state, ["web", "redis", "s3"], say=said.append)

    assert state.ports == before
    assert len(set(before.values())) == 3
    assert said == []
