"""The documentation's page drawn by a real browser that can reach nothing but this platform."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from kyc_platform.urls.documentation import catalogue_of_errors
from tests.api.asking import web_process
from tests.api.operations import document, operations

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)

IS_CI = os.environ.get("CI") == "true"  # there a missing browser is a failure

pytestmark = pytest.mark.skipif(BROWSER is None and not IS_CI, reason=f"no browser is installed; one of {', '.join(NAMES)} would do")


@pytest.fixture(scope="module")
def platform(database: None) -> Iterator[str]:
    """Where the platform's own application is served."""
    server = make_server("localhost", 0, web_process(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def drawn(address: str, home: Path) -> tuple[str, str]:
    """Return the page as it stands once its scripts have run, and what the browser complained of."""
    command = [
        str(BROWSER),
        "--headless=new",
        "--no-sandbox",  # the tests may run as root, in a container
        "--disable-gpu",
        "--disable-dev-shm-usage",
        f"--user-data-dir={home}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
        "--enable-logging=stderr",
        "--virtual-time-budget=20000",
        "--dump-dom",
        address,
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return ended.stdout, "\n".join(line for line in ended.stderr.splitlines() if "CONSOLE" in line)


def test_the_page_shows_every_operation_and_every_webhook_and_nothing_is_refused(platform: str, tmp_path: Path):
    page, complaints = drawn(f"{platform}/api/v1/docs", tmp_path)

    assert complaints == ""
    for operation in operations():
        assert f'id="operations-{operation.described["tags"][0].replace(" ", "_")}-{operation.name}"' in page
    for name in document()["webhooks"]:
        assert name in page
    assert "No API definition provided" not in page


def test_the_catalogue_of_errors_shows_every_code(platform: str, tmp_path: Path):
    page, complaints = drawn(f"{platform}/api/v1/docs/errors", tmp_path)

    assert complaints == ""
    assert all(f'id="{error.code}"' in page for error in catalogue_of_errors())
