"""A sender that is killed after the receiver's 200 and before it could write that down."""

import asyncio
import os
import signal
import subprocess
import sys

from aiohttp import web

from tests.fixtures.sandbox_provider import ROOT, eventually
from tests.verification.webhooks.conftest import a_ping, an_endpoint, later
from tests.verification.webhooks.receivers import Arrived, receiving
from verification.webhooks.models import WebhookAttempt, WebhookDelivery
from verification.workflow.notifying import deliver_due


def test_what_it_had_posted_is_posted_again_under_the_same_ids_and_nothing_is_lost(acme):
    is_killed = False

    async def answer_all_but_one_and_kill(arrived: Arrived) -> web.StreamResponse:
        if b'"number":0' in arrived.body and not is_killed:
            await asyncio.sleep(0.1)  # the others have their 200 by now, and this one keeps the sender from recording theirs
            os.kill(process.pid, signal.SIGKILL)
        return web.Response()

    with receiving(answer_all_but_one_and_kill) as receiver:
        an_endpoint(receiver.url)
        events = [a_ping(number) for number in range(5)]
        process = subprocess.Popen([sys.executable, "-m", "tests.verification.webhooks.sending_process", acme.schema_name], cwd=ROOT)
        assert process.wait(60) == -signal.SIGKILL
        is_killed = True
        posted_before = {one.webhook_id: one.body for one in receiver.arrived}
        assert set(posted_before) == {event.uid for event in events}
        assert WebhookDelivery.objects.filter(state="owed", attempt_count=0).count() == 5
        assert not WebhookAttempt.objects.exists()

        def are_all_delivered() -> bool:
            deliver_due(clock=later(minutes=1))
            return WebhookDelivery.objects.filter(state="delivered").count() == 5

        eventually(are_all_delivered, seconds=30)

    assert len(receiver.arrived) == 10
    again = {one.webhook_id: one.body for one in receiver.arrived[5:]}
    assert again == posted_before
    assert WebhookAttempt.objects.filter(number=1, status_code=200).count() == 5
