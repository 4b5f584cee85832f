"""What is counted is one sum, whichever web process is asked, and outlives a process that is killed."""

import re

import requests

from tests.system.running import RunningPlatform, until

ASKED = 24
SCRAPES = 8
HEALTH = 'kyc_requests_total{method="GET",route="healthz",status="200"}'


def scrape(platform: RunningPlatform) -> float:
    """Read how many health checks were answered, on a connection of its own, so by any process."""
    text = requests.get(f"{platform.base_url}/metrics", timeout=15).text
    found = re.search(rf"^{re.escape(HEALTH)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def ask_for_health(platform: RunningPlatform) -> None:
    for _ in range(ASKED):
        assert requests.get(f"{platform.base_url}/healthz", timeout=15).status_code == 200


def test_every_scrape_tells_the_sum_over_all_web_processes(platform: RunningPlatform) -> None:
    before = scrape(platform)

    ask_for_health(platform)

    assert {scrape(platform) for _ in range(SCRAPES)} == {before + ASKED}


def test_what_a_killed_web_process_has_counted_is_not_lost(platform: RunningPlatform) -> None:
    ask_for_health(platform)
    before = scrape(platform)
    children = platform.process("web").children()
    assert len(children) >= 1

    children[0].kill()
    until(lambda: len(platform.process("web").children()) == len(children) and not children[0].is_running(), "web to be whole again")
    until(lambda: requests.get(f"{platform.base_url}/readyz", timeout=15).status_code == 200, "web to answer")

    assert scrape(platform) >= before
    assert {scrape(platform) for _ in range(SCRAPES)} == {scrape(platform)}


def test_gauges_of_the_background_stand_beside_the_sum_once(platform: RunningPlatform) -> None:
    lines = requests.get(f"{platform.base_url}/metrics", timeout=15).text.splitlines()

    assert [line.split(" ")[0] for line in lines if line.startswith("kyc_overdue_seconds ")] == ["kyc_overdue_seconds"]
    names = [line.split(" ")[2] for line in lines if line.startswith("# TYPE ")]
    assert len(names) == len(set(names))
