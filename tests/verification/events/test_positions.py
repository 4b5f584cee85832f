"""Events get positions 1, 2, 3, … after their commit, in an order that nothing changes afterwards."""

import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from kyc_platform.actor import SYSTEM
from kyc_platform.schema import inside_schema
from tenants.merchants.migrating import migrate_schema
from tenants.merchants.names import new_schema_name
from tenants.routing.entry import leave_merchant
from tests.fixtures.jobs import take_jobs
from tests.fixtures.merchants import inside
from tests.fixtures.sandbox_provider import ROOT, eventually
from tests.verification.events.writing import NOON, a_change, a_look, a_ping, placed
from verification import jobs, tasks
from verification.events import positions
from verification.events.chain import check_chain
from verification.events.models import ChainHead, Event, EventPosition, UnplacedEvent
from verification.events.types import EventType
from verification.workflow import sequencing, sweeping, tidying
from verification.workflow.announcing import announce_of_merchant


def test_positions_follow_the_moments_and_nothing_waits_any_more(acme):
    events = [a_change(1, 1, seconds=3), a_change(2, 1, seconds=1), a_change(3, 1, seconds=2)]

    assert sequencing.sequence_events() is False

    assert placed() == [events[1], events[2], events[0]]
    assert not UnplacedEvent.objects.exists()
    assert ChainHead.objects.get().position == 3


def test_what_comes_later_with_an_earlier_moment_comes_after_what_was_shown(acme):
    first = a_change(1, 1, seconds=10)
    sequencing.sequence_events()
    late = a_change(2, 1, seconds=1)
    sequencing.sequence_events()

    assert placed() == [first, late]


def test_a_customers_events_follow_its_sequence_although_the_clock_was_read_before_the_lock(acme):
    second, first = a_change(1, 2, seconds=1), a_change(1, 1, seconds=3)
    between = a_change(2, 1, seconds=2)

    sequencing.sequence_events()

    assert placed() == [between, first, second]


def test_an_event_that_overtook_another_of_its_customer_takes_it_along_into_its_batch(acme, monkeypatch):
    monkeypatch.setattr(positions, "BATCH", 1)
    second, first = a_change(1, 2, seconds=1), a_change(1, 1, seconds=3)
    with transaction.atomic():
        assert positions.place_batch() == 2

    assert placed() == [first, second]


def test_events_for_the_auditor_have_no_position_and_leave_no_gap(acme):
    before, _, after = a_ping(), a_look(), a_ping()

    sequencing.sequence_events()

    assert placed() == [before, after]
    assert not UnplacedEvent.objects.exists()


def test_the_job_is_asked_for_on_commit_and_gives_the_position(acme, run_jobs):
    take_jobs({acme.schema_name})
    with transaction.atomic():
        event = announce_of_merchant(EventType.TEST_PING, actor=SYSTEM, at=timezone.now(), data={})
        assert take_jobs({acme.schema_name}) == []
    with leave_merchant():
        assert run_jobs(acme) == [jobs.SEQUENCE_EVENTS]

    assert placed() == [event]


def test_an_event_that_is_rolled_back_leaves_nothing_that_waits(acme):
    class Undone(Exception):
        pass

    with pytest.raises(Undone), transaction.atomic():
        announce_of_merchant(EventType.TEST_PING, actor=SYSTEM, at=timezone.now(), data={})
        raise Undone

    assert not UnplacedEvent.objects.exists()
    sequencing.sequence_events()
    assert placed() == []


def test_a_lost_job_is_made_good_by_the_sweep_when_its_time_has_come(acme, monkeypatch):
    event = a_ping()
    at = timezone.now()
    assert not positions.is_anything_unplaced(due_by=at)
    assert sweeping._first_due((acme.schema_name,))[acme.schema_name] == UnplacedEvent.objects.get().due_at
    monkeypatch.setattr("django.utils.timezone.now", lambda: at + timedelta(seconds=6))

    tasks.sweep()

    assert [name for name, _ in take_jobs({acme.schema_name})] == [jobs.SEQUENCE_EVENTS]
    tasks.sequence_events()
    assert placed() == [event]


def test_a_backlog_is_worked_off_in_batches_and_what_is_left_is_told(acme, monkeypatch):
    monkeypatch.setattr(positions, "BATCH", 7)
    monkeypatch.setattr(sequencing, "BATCHES_MAX", 2)
    events = [a_ping(number) for number in range(20)]

    assert [sequencing.sequence_events(), ChainHead.objects.get().position] == [True, 14]
    assert [sequencing.sequence_events(), ChainHead.objects.get().position] == [False, 20]
    assert placed() == events


def test_what_an_older_version_wrote_without_waiting_is_found_at_night_once(acme):
    told = {"at": timezone.now(), "actor_kind": "system", "actor_id": "system", "data": {}}
    old = Event.objects.create(uid="evt_old", type="test.ping", **told)
    Event.objects.create(uid="evt_audit", type="audit.document_viewed", **told)
    new = a_ping()
    sequencing.sequence_events()
    assert placed() == [new]

    tidying.tidy(at=timezone.now(), world_at=timezone.now())
    tidying.tidy(at=timezone.now(), world_at=timezone.now())
    sequencing.sequence_events()

    assert placed() == [new, old]


def test_many_writers_and_sequencers_at_once_leave_no_gap_and_keep_each_customers_order(acme):
    writers, changes = 6, 25
    is_over = threading.Event()
    shown: list[tuple[int, str]] = []
    failures: list[BaseException] = []

    def as_thread(work: Any, *given: Any) -> threading.Thread:
        def run() -> None:
            try:
                with inside(acme):
                    work(*given)
            except BaseException as failure:
                failures.append(failure)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def write(customer_pk: int) -> None:
        for sequence in range(1, changes + 1):
            with transaction.atomic():
                a_change(customer_pk, sequence, seconds=sequence)
                a_ping(sequence)

    def sequence() -> None:
        while not is_over.is_set():
            sequencing.sequence_events()

    def read() -> None:
        while not is_over.is_set():
            up_to = positions.last_position()
            after = shown[-1][0] if shown else 0
            shown.extend((row.position, row.event.uid) for row in positions.places_after(after, up_to=up_to, event_type=None)[:50])

    others = [as_thread(sequence) for _ in range(3)] + [as_thread(read)]
    for writer in [as_thread(write, number + 1) for number in range(writers)]:
        writer.join()
    try:
        eventually(lambda: len(shown) == writers * changes * 2 or failures)
    finally:
        is_over.set()
        for other in others:
            other.join()

    assert failures == []
    events = placed()
    assert shown == [(position, event.uid) for position, event in enumerate(events, 1)]
    for customer_pk in range(1, writers + 1):
        assert [event.sequence for event in events if event.customer_pk == customer_pk] == list(range(1, changes + 1))
    assert check_chain().fault is None


def test_a_sequencer_killed_in_the_middle_of_a_batch_leaves_everything_as_before_it(acme):
    shown = [a_ping(number) for number in range(3)]
    sequencing.sequence_events()
    waiting = [a_ping(number) for number in range(50)]
    command = [sys.executable, "-m", "tests.verification.events.sequencing_process", acme.schema_name]

    with transaction.atomic():
        list(UnplacedEvent.objects.select_for_update())  # it has written the positions when it comes to a halt here
        process = subprocess.Popen(command, cwd=ROOT)
        eventually(is_held_up, seconds=60)
        process.kill()
        process.wait(10)

    assert EventPosition.objects.count() == ChainHead.objects.get().position == 3
    assert UnplacedEvent.objects.count() == 50
    sequencing.sequence_events()
    assert placed() == shown + waiting
    assert check_chain().fault is None


def is_held_up() -> bool:
    """Tell whether a process waits for a lock with the statement that ends a batch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            " AND query LIKE 'DELETE FROM \"verification_unplacedevent\"%'"
        )
        return bool(cursor.fetchone()[0])


def test_in_order_is_by_moment_when_customers_do_not_matter():
    events = [Event(pk=pk, at=NOON + timedelta(seconds=seconds)) for pk, seconds in ((1, 2), (2, 1), (3, 2), (4, 0))]

    assert [event.pk for event in positions.in_order(events)] == [4, 2, 1, 3]


def test_what_was_written_before_there_were_positions_gets_them_in_its_order():
    schema = new_schema_name()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {schema}")
    migrate_schema(schema, targets=[("verification", "0003_idempotent_requests")])
    told = {"at": NOON, "actor_kind": "system", "actor_id": "system", "data": {}}
    with inside_schema(schema):
        types = ("test.ping", "audit.document_viewed", "report.ready")
        old = [Event.objects.create(uid=f"evt_{number}", type=kind, **told) for number, kind in enumerate(types)]

    migrate_schema(schema)

    with inside_schema(schema):
        sequencing.sequence_events()
        assert placed() == [old[0], old[2]]
        assert check_chain().fault is None
