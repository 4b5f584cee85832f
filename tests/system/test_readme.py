"""The walk of README, run as it stands there, in a folder where everything lies as `make up` leaves it."""

import json
import subprocess

from kyc_platform.embedded.manage import settings_of
from kyc_platform.embedded.places import ROOT
from tests.docs.pages import readme_walk
from tests.system.customers import PatientClient
from tests.system.running import RunningPlatform, until
from tests.system.walking import checkout

WALK_SECONDS_MAX = 120


def test_the_walk_of_readme_runs_as_it_is_written(platform: RunningPlatform, tmp_path) -> None:
    checkout(tmp_path, platform)

    walk = ["bash", "-euo", "pipefail", "-c", readme_walk()]
    done = subprocess.run(walk, cwd=tmp_path, capture_output=True, text=True, timeout=WALK_SECONDS_MAX, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines() if line]
    registered, before, *submitted, after, verified, replaced, report, endpoint, received = answers
    user_id = registered["id"]
    assert (registered["status"], registered["identity_document"]["type"]) == ("pending", "driving_licence")
    assert before == {"user_id": user_id, "status": "unverified", "submission_status": "NOT_SUBMITTED"}
    assert submitted == [{"is_success": True, "err_code": "Err0000", "err_message": "OK"}] * 4
    assert (after["user_id"], after["submission_status"], len(after["doc_status"])) == (user_id, "SUBMITTED", 4)
    assert (verified["status"], verified["stage"], verified["issues"]) == ("verified", "approved", [])
    assert replaced["reverification"] == {"required": True, "because": ["name"], "documents": []}
    assert report["customers"]["total"] == sum(report["customers"][status] for status in ("verified", "pending", "rejected")) >= 1
    assert endpoint["secret"].startswith("whsec_")
    assert {entry["is_valid"] for entry in received["received"]} <= {True}  # nothing may have come yet
    told = "SELECT 1 FROM received WHERE customer_id = ? AND type = 'verification.approved' AND is_valid"
    until(lambda: platform.received(told, registered["customer_id"]), "the webhook of the approval")
    with PatientClient(platform) as client:  # other tests of this platform have a receiver that knows one secret
        assert client.call("DELETE", f"/api/v1/webhook-endpoints/{endpoint['id']}").status_code == 204


def test_an_operators_command_reaches_the_platform_of_the_checkout(platform: RunningPlatform) -> None:
    done = subprocess.run(
        [ROOT / ".local" / "venv" / "bin" / "python", "manage.py", "migrations_behind"],
        cwd=ROOT,
        env=settings_of(platform.folder, platform.given),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "every merchant's schema is up to date\n"), done.stderr
