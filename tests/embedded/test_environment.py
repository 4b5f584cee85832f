"""What the platform's processes are told: embedded servers by default, outside ones when the environment names them."""

import pytest

from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.servers import embedded_names, embedded_servers
from kyc_platform.embedded.state import State, settle_ports
from kyc_platform.settings.environment import Environment

PORTS = ["postgres", "redis", "s3", "web", "provider"]


@pytest.fixture
def state():
    state = State()
    settle_ports(state, PORTS, say=lambda line: None)
    return state


def test_the_settings_accept_what_is_composed_and_it_names_only_known_variables(folder, state):
    composed = platform_environment(folder, state, {})
    Environment.model_validate(composed)
    assert set(composed) - set(Environment.model_fields) == {"DJANGO_SETTINGS_MODULE"}


@pytest.mark.parametrize(
    ("given", "embedded"),
    [
        ({}, ["postgres", "redis", "s3"]),
        ({"DATABASE_URL": "postgresql://u:p@db.example/kyc"}, ["redis", "s3"]),
        ({"REDIS_URL": "redis://cache.example/0"}, ["postgres", "s3"]),
        ({"S3_ENDPOINT_URL": "https://s3.example", "S3_BUCKET": "theirs"}, ["postgres", "redis"]),
    ],
)
def test_a_url_from_outside_replaces_its_server_and_no_other(folder, state, given, embedded):
    composed = platform_environment(folder, state, given)

    assert embedded_names(given) == embedded
    assert [server.name for server in embedded_servers(folder, state, given)] == embedded
    assert {name: composed[name] for name in given} == given


def test_an_outside_s3_without_its_bucket_is_refused_by_name(folder, state):
    with pytest.raises(ValueError, match="set S3_BUCKET too"):
        platform_environment(folder, state, {"S3_ENDPOINT_URL": "https://s3.example"})


def test_no_secret_and_nobody_elses_variable_reaches_the_servers(folder, state):
    given = {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": "not for them", "HTTPS_PROXY": "http://proxy.example"}
    assert set(base_environment(folder, given)) == {"PATH", "KYC_EMBEDDED_FOLDER", "NO_PROXY", "no_proxy", "PYTHONUNBUFFERED"}
