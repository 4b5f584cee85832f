"""`kill -9` of the sender in the middle of hundreds of posts, some of them to receivers that do harm: nobody misses an event.

`test_kills.py` kills it while customers are under way, with a few deliveries at a time; here every lane is full.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from tests.fixtures.way import members_of_customer
from tests.system.customers import PatientClient
from tests.system.running import RunningPlatform, until
from tests.verification.webhooks.receivers import Arrived, Receiver, receiving

ENDPOINTS = "/api/v1/webhook-endpoints"
MERCHANTS = 2
EVENTS = 20  # of each merchant
LISTENING = 10  # endpoints of each that are well
KILLED_AFTER = 150  # posts to those, of 400
LEASE_SECONDS = 45
POLL_MS = 20


def answer_too_much(_: Arrived) -> web.Response:
    return web.Response(body=bytes(2_000_000))


@pytest.fixture
def inside() -> Iterator[Receiver]:
    """What nobody may be led to."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def harmful(inside: Receiver) -> Iterator[list[str]]:
    """The URLs of receivers that do harm."""
    is_over = threading.Event()

    async def answer_late(_: Arrived) -> web.Response:
        for _pause in range(14_000 // POLL_MS):
            if not is_over.is_set():
                await asyncio.sleep(POLL_MS / 1000)
        return web.Response()

    def lead_inside(_: Arrived) -> web.Response:
        return web.Response(status=307, headers={"Location": inside.url})

    with ExitStack() as stack:
        yield [stack.enter_context(receiving(answer)).url for answer in (answer_late, answer_too_much, lead_inside)]
        is_over.set()


@pytest.fixture
def engineers(platform: RunningPlatform) -> Iterator[list[PatientClient]]:
    """The engineers of new merchants, with test keys. Their endpoints are deleted in the end."""
    with ExitStack() as stack:
        keys = [platform.open_merchant("amid")["test_api_key"] for _ in range(MERCHANTS)]
        found = [stack.enter_context(PatientClient(platform, key)) for key in keys]
        yield found
        for engineer in found:
            for endpoint in engineer.call("GET", f"{ENDPOINTS}?limit=100").json()["data"]:
                engineer.call("DELETE", f"{ENDPOINTS}/{endpoint['id']}")


def ids_of_events(engineer: PatientClient) -> set[str]:
    """Register customers whom nobody is told of, and return the ids of what there is to tell."""
    for _ in range(EVENTS):
        engineer.do("/api/v1/customers", members_of_customer())

    def listed() -> set[str]:
        found = engineer.call("GET", "/api/v1/events?type=customer.created&limit=100").json()["data"]
        return {event["id"] for event in found} if len(found) == EVENTS else set()

    return until(listed, "every event to have its position")


def listen(engineer: PatientClient, url: str, *, since: datetime) -> str:
    """Add an endpoint for new customers, have it told of those that it missed, and return its id."""
    endpoint_id = engineer.call("POST", ENDPOINTS, {"url": url, "event_types": ["customer.created"]}).json()["id"]
    recovered = engineer.call("POST", f"{ENDPOINTS}/{endpoint_id}/recover", {"since": since.isoformat()})
    assert recovered.json()["recovered"] == EVENTS, recovered.text
    return str(endpoint_id)


def test_a_sender_killed_among_hundreds_of_posts_is_followed_by_one_that_delivers_every_event_under_its_own_id(
    platform: RunningPlatform, engineers: list[PatientClient], harmful: list[str], inside: Receiver
) -> None:
    is_amid, is_killed = threading.Event(), threading.Event()
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)

    async def answer(arrived: Arrived) -> web.Response:
        bodies[arrived.webhook_id].add(arrived.body)
        if len(well.arrived) >= KILLED_AFTER:
            is_amid.set()
            while not is_killed.is_set():
                await asyncio.sleep(POLL_MS / 1000)  # of those that come from now on none has an answer before the sender's end
        return web.Response()

    since = datetime.now(UTC) - timedelta(minutes=1)
    events = [ids_of_events(engineer) for engineer in engineers]
    expected = {f"/{number}/{place}": ids for number, ids in enumerate(events) for place in range(LISTENING)}
    listening: list[tuple[PatientClient, str]] = []
    with receiving(answer) as well:
        with platform.without("sender"):
            for number, engineer in enumerate(engineers):
                for url in harmful:
                    listen(engineer, url, since=since)
                for place in range(LISTENING):
                    url = well.url.replace("/hook", f"/{number}/{place}")
                    listening.append((engineer, listen(engineer, url, since=since)))
        assert is_amid.wait(30)
        killed = platform.kill("sender")
        is_killed.set()
        assert KILLED_AFTER <= len(well.arrived) < MERCHANTS * LISTENING * EVENTS * 2

        assert platform.process("sender").pid != killed.pid
        for engineer in engineers:
            engineer.call("POST", "/api/v1/sandbox/clock/advance", {"seconds": LEASE_SECONDS})  # what the dead one had taken is free

        def owed() -> list[str]:
            return [
                endpoint_id
                for engineer, endpoint_id in listening
                if engineer.call("GET", f"{ENDPOINTS}/{endpoint_id}/deliveries?state=owed&limit=1").json()["data"]
            ]

        until(lambda: not owed(), "every delivery to be made")

        came: defaultdict[str, set[str]] = defaultdict(set)
        for arrived in well.arrived:
            came[arrived.path].add(arrived.webhook_id)
        assert came == expected
        assert all(len(same) == 1 for same in bodies.values())
        assert inside.arrived == []
        for engineer, endpoint_id in listening:
            made = engineer.call("GET", f"{ENDPOINTS}/{endpoint_id}/deliveries?limit=100").json()["data"]
            assert {delivery["state"] for delivery in made} == {"delivered"}
            assert {delivery["attempts"][-1]["status"] for delivery in made} == {200}
