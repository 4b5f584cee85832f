"""`.env.example` and the containers name every setting there is, and none that there is not."""

import importlib.util
import re
import shutil
import subprocess

import pytest
import yaml

from kyc_platform.embedded.places import ROOT
from kyc_platform.settings.environment import Environment

SERVICES_OF_THE_PLATFORM = ["migrate", "provider", "receiver", "scheduler", "sender", "web", "worker"]
FOR_ONE_SERVICE = {"provider": "SANDBOX_PROVIDER_", "receiver": "RECEIVER_"}
VARIABLE = re.compile(r"\$\{(\w+)(:[-?][^}]*)?\}")


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def fill(text, given):
    """Substitute variables as docker compose does, with a made-up value for what is required."""
    return VARIABLE.sub(lambda found: given.get(found[1]) or ((found[2] or "")[2:] if (found[2] or "").startswith(":-") else ""), text)


def test_the_example_lists_exactly_the_settings_in_their_order():
    lines = (ROOT / ".env.example").read_text().splitlines()
    names = [line.partition("=")[0] for line in lines if line and not line.startswith("#")]
    assert names == list(Environment.model_fields)


def test_the_example_gives_no_secret_a_value():
    lines = (ROOT / ".env.example").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    given = [name for name, value in values.items() if value and re.search("KEY|SECRET|PASSWORD|DATABASE_URL|REDIS_URL", name)]
    assert given == []


def test_every_container_of_the_platform_gets_every_setting_and_nothing_unknown(compose):
    platform = {name: service for name, service in compose["services"].items() if service.get("build") == "."}
    assert sorted(platform) == SERVICES_OF_THE_PLATFORM
    for name, service in platform.items():
        own = {setting for setting in service["environment"] if setting.startswith(FOR_ONE_SERVICE.get(name, "none"))}
        assert set(service["environment"]) | own == set(Environment.model_fields) | own


def test_the_settings_of_the_containers_are_accepted_once_the_required_ones_are_given(compose):
    required = {
        "SECRET_KEY": "s" * 50,
        "POSTGRES_PASSWORD": "p" * 30,
        "REDIS_PASSWORD": "r" * 30,
        "S3_ACCESS_KEY_ID": "a" * 20,
        "S3_SECRET_ACCESS_KEY": "b" * 30,
        "KYC_ROOT_KEYS": f"root-1:{'A' * 43}=",
        "SANDBOX_PROVIDER_API_KEY": "c" * 30,
        "SANDBOX_PROVIDER_CALLBACK_SECRET": "d" * 30,
    }
    settings = compose["services"]["web"]["environment"]
    demanded = {found[1] for value in settings.values() for found in VARIABLE.finditer(value) if (found[2] or "").startswith(":?")}
    assert demanded == set(required)

    environment = Environment(**{name: fill(value, required) for name, value in settings.items()})

    assert environment.database()["HOST"] == "postgres"
    assert environment.KYC_ENVIRONMENT == "development"


def test_every_module_that_a_container_runs_exists(compose):
    image = (ROOT / "Dockerfile").read_text()
    default = [part for line in re.findall(r"^CMD \[(.*?)\]", image, re.S | re.M) for part in re.findall(r'"([^"]*)"', line)]
    commands = {name: compose["services"][name].get("command", default) for name in SERVICES_OF_THE_PLATFORM}
    for name, command in commands.items():
        assert command[0] == "python", name
        target = command[command.index("-m") + 1] if "-m" in command else command[1]
        assert (ROOT / target).is_file() or importlib.util.find_spec(target) is not None, f"{name} runs {target}"
        if "-A" in command:
            assert importlib.util.find_spec(command[command.index("-A") + 1]) is not None, name
    assert importlib.util.find_spec(commands["web"][-1].partition(":")[0]) is not None


def test_the_image_installs_from_the_lock_file_by_hash_and_does_not_run_as_root():
    image = (ROOT / "Dockerfile").read_text()
    assert "pip install --require-hashes --no-deps -r requirements.lock" in image
    assert image.index("USER kyc") < image.index("CMD")


def test_every_waited_for_container_has_what_it_is_waited_for(compose):
    services = compose["services"]
    for name, service in services.items():
        conditions = service.get("depends_on", {})
        for other, wanted in conditions.items() if isinstance(conditions, dict) else []:
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other} to be healthy"
            else:
                assert services[other].get("restart") == "on-failure", f"{name} waits for {other} to be done"


def test_docker_compose_finds_the_file_valid(tmp_path):
    """Runs where the docker client has compose; no engine is needed for it."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("no docker client with compose here")
    names = {found[1] for found in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text())}
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}=x\n" for name in names))

    command = [docker, "compose", "--env-file", env_file, "-f", ROOT / "docker-compose.yml", "config", "-q"]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (outcome.returncode, outcome.stderr) == (0, "")
