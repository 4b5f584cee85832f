"""The Python client of the API, generated from the OpenAPI document into `.local/client`: what `make client` runs.

python -m kyc_platform.embedded.client.generate

The document is made from the code, so nothing has to run. The generator is openapi-python-client, with ruff behind it; both are of `dev`.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kyc_platform.embedded.environment import base_environment, platform_environment
from kyc_platform.embedded.places import PLATFORM, ROOT, Folder
from kyc_platform.embedded.servers import REPLACED_BY
from kyc_platform.embedded.state import State

CLIENT = PLATFORM.path / "client"
HERE = Path(__file__).resolve().parent
NOT_FOR_MERCHANTS = "/callbacks/{provider}/{route_token}"


class GenerationFailed(RuntimeError):
    """A program that takes part ended with an error. The text is what it said."""


def generate(into: Path) -> None:
    """Write the client as a project with the package `kyc_platform_client` into a folder, in place of what is there.

    Raises GenerationFailed, also for a mere warning of the generator: it then has left something out.
    """
    shutil.rmtree(into, ignore_errors=True)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        environment = _settings_that_reach_nothing(place)
        document = place / "openapi.json"
        _run("manage.py", "spectacular", "--format", "openapi-json", "--file", str(document), environment=environment)
        document.write_text(json.dumps(_for_merchants(json.loads(document.read_text()))))
        options = ["--config", str(HERE / "generator.yaml"), "--custom-template-path", str(HERE / "templates"), "--output-path", str(into)]
        what = ["--path", str(document), "--meta", "setup", "--fail-on-warning"]
        _run("-m", "openapi_python_client", "generate", *what, *options, environment=environment)


def _settings_that_reach_nothing(place: Path) -> dict[str, str]:
    """Return an environment in which Django starts. No server stands behind its addresses; the generator finds ruff beside Python."""
    folder = Folder(place)
    state = State(ports=dict.fromkeys([*REPLACED_BY, "web", "provider"], 1))
    found = base_environment(folder, os.environ) | platform_environment(folder, state, {}, kind="test")
    return found | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), found.get("PATH", os.defpath)])}


def _for_merchants(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document without what a client of it has no use for: where providers call, and the report as CSV.

    The generator reads one form of an answer, so that `format=csv` would lead to an answer that the client cannot read.
    """
    del document["paths"][NOT_FOR_MERCHANTS], document["components"]["schemas"]["CallbackReceipt"]
    report = document["paths"]["/api/v1/report"]["get"]
    report["parameters"] = [parameter for parameter in report["parameters"] if parameter["name"] != "format"]
    del report["responses"]["200"]["content"]["text/csv"], document["components"]["schemas"]["ReportFormat"]
    return document


def _run(*arguments: str, environment: dict[str, str]) -> None:
    outcome = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if outcome.returncode:
        raise GenerationFailed(f"{' '.join(arguments[:3])}:\n{outcome.stdout}{outcome.stderr}")


if __name__ == "__main__":
    try:
        generate(CLIENT)
    except GenerationFailed as error:
        sys.exit(str(error))
    print(f"The client is in {CLIENT.relative_to(ROOT)}: `pip install ./{CLIENT.relative_to(ROOT)}`, and see the README.md there.")
