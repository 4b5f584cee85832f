"""Whoever changes what merchants were told breaks the chain, and the first bad position is named."""

import hashlib
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tenants.routing.entry import leave_merchant
from tests.verification.events.writing import a_change, a_look, a_ping
from verification.events import chain
from verification.events.chain import canonical, check_chain
from verification.events.models import EventPosition
from verification.workflow.sequencing import sequence_events

EVENT_OF = "(SELECT event_id FROM verification_eventposition WHERE position = {})"
FORGERIES = {
    "the data of an event": (f"UPDATE verification_event SET data = '{{}}' WHERE id = {EVENT_OF.format(3)}", 3),
    "the moment of an event": (f"UPDATE verification_event SET at = at - interval '1 microsecond' WHERE id = {EVENT_OF.format(2)}", 2),
    "who did it": (f"UPDATE verification_event SET actor_id = 'somebody' WHERE id = {EVENT_OF.format(5)}", 5),
    "the type that is listed": ("UPDATE verification_eventposition SET type = 'customer.created' WHERE position = 4", 4),
    "a hash": ("UPDATE verification_eventposition SET hash = decode(repeat('ab', 32), 'hex') WHERE position = 1", 1),
    "a position is removed": ("DELETE FROM verification_eventposition WHERE position = 3", 3),
    "the last is removed": ("DELETE FROM verification_eventposition WHERE position = 6", 6),
    "two change places": (
        "UPDATE verification_eventposition SET position = -position WHERE position IN (2, 3);"
        " UPDATE verification_eventposition SET position = 5 + position WHERE position < 0",
        2,
    ),
    "the head's hash": ("UPDATE verification_chainhead SET hash = decode(repeat('ab', 32), 'hex')", 6),
    "the head is put back": (
        "UPDATE verification_chainhead SET position = 4, hash = (SELECT hash FROM verification_eventposition WHERE position = 4)",
        5,
    ),
}


@pytest.fixture
def six(acme):
    """Six positions, and an event for the auditor that has none."""
    for number in range(1, 4):
        a_change(number, 1, seconds=number)
        a_ping(number)
    a_look()
    sequence_events()


@pytest.mark.usefixtures("six")
def test_a_chain_that_nobody_touched_is_in_order_and_each_hash_covers_the_one_before(acme, monkeypatch):
    monkeypatch.setattr(chain, "ROWS_AT_ONCE", 4)
    last = bytes(32)
    for row in EventPosition.objects.order_by("position").select_related("event"):
        last = hashlib.sha256(last + canonical(row.event)).digest()
        assert bytes(row.hash) == last

    report = check_chain()

    assert (report.length, report.hash, report.fault, report.bad_position) == (6, last, None, None)


def test_an_empty_chain_is_in_order(acme):
    assert (check_chain().length, check_chain().fault) == (0, None)


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize(("statement", "position"), FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_found_at_its_position(acme, statement: str, position: int):
    with connection.cursor() as cursor:
        cursor.execute(statement)

    report = check_chain()

    assert report.fault is not None
    assert report.bad_position == position


@pytest.mark.usefixtures("six")
def test_an_event_that_was_put_into_the_log_around_the_sequencer_is_found(acme):
    event = a_ping()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM verification_unplacedevent")

    report = check_chain()

    assert (report.fault, report.bad_position) == (f"{event.uid} has no position and waits for none", None)


@pytest.mark.usefixtures("six")
def test_the_command_tells_the_length_and_the_last_hash_to_keep_elsewhere(acme):
    said = StringIO()
    expected = check_chain().hash.hex()

    with leave_merchant():
        call_command("verify_event_chain", merchant=acme.slug, mode="live", stdout=said)

    assert said.getvalue() == f"6 positions in order, the last hash is {expected}\n"


@pytest.mark.usefixtures("six")
def test_the_command_fails_with_the_first_bad_position(acme):
    with connection.cursor() as cursor:
        cursor.execute(FORGERIES["the data of an event"][0])

    with leave_merchant(), pytest.raises(CommandError, match=r"^position 3: evt_\w+ or its position was changed; the 2 positions before"):
        call_command("verify_event_chain", merchant=acme.slug, mode="live")


def test_the_command_says_when_there_is_no_such_merchant():
    with pytest.raises(CommandError, match="no sandbox merchant is called nobody"):
        call_command("verify_event_chain", merchant="nobody", mode="sandbox")
