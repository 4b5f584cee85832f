"""Two things at the same moment: one wins, the other is told, and nothing is lost or done twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.fixtures.merchants import inside
from tests.fixtures.way import DOC_TYPES, Way, members_of_customer
from verification.customers.models import Customer
from verification.documents.models import Document, DocumentSubmission
from verification.events.models import Event
from verification.lifecycle.models import Verification
from verification.providers.models import ProviderCheck
from verification.workflow.checking import start_check


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make all calls at the same moment, each in a thread with a database connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def submitting(way: Way, customer_id: str, doc_type: str) -> Callable[[], Any]:
    own = Way(way.merchant, way.key, way.listener, way.provider, way.run, Client())
    return lambda: own.submit(customer_id, doc_type)


def test_two_uploads_of_one_document_are_both_kept_and_one_counts(way: Way) -> None:
    customer_id = way.register()

    answers = at_once(*[submitting(way, customer_id, "SELFIE")] * 2)

    assert [answer.status_code for answer in answers] == [201, 201]
    with inside(way.merchant.sandbox):
        document = Document.objects.get(doc_type="SELFIE")
        assert document.state == "submitted"
        assert DocumentSubmission.objects.filter(doc_type="SELFIE").count() == 2
        events = Event.objects.filter(type="document.submitted").order_by("sequence")
        assert document.submission is not None
        assert events.values_list("data", flat=True)[1]["document_id"] == document.submission.uid


def test_four_documents_at_once_begin_one_check(way: Way) -> None:
    customer_id = way.register()

    answers = at_once(*[submitting(way, customer_id, doc_type) for doc_type in DOC_TYPES])

    assert [answer.status_code for answer in answers] == [201] * 4
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"
    with inside(way.merchant.sandbox):
        assert ProviderCheck.objects.count() == 1
        assert Event.objects.filter(type="verification.submitted").count() == 1
        sequences = Event.objects.filter(sequence__isnull=False).order_by("sequence").values_list("sequence", flat=True)
        assert list(sequences) == list(range(1, 13))


def test_of_two_last_documents_at_once_one_may_come_too_late_but_the_check_sees_a_whole_set(way: Way) -> None:
    customer_id = way.register()
    for doc_type in DOC_TYPES[:3]:
        way.submit(customer_id, doc_type)

    answers = at_once(*[submitting(way, customer_id, "SELFIE")] * 2)

    assert sorted(answer.status_code for answer in answers) == [201, 409]
    with inside(way.merchant.sandbox):
        assert DocumentSubmission.objects.count() == 4
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_of_ten_registrations_of_one_customer_id_one_is_stored(way: Way) -> None:
    members = members_of_customer()

    def registering() -> Any:
        return Client().post("/api/v1/customers", members, content_type="application/json", headers={"Authorization": f"Api-Key {way.key}"})

    answers = at_once(*[registering] * 10)

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    with inside(way.merchant.sandbox):
        assert Customer.objects.count() == 1
        assert Event.objects.count() == 1


def test_two_workers_that_start_one_check_ask_the_provider_once(way: Way) -> None:
    customer_id = way.register()
    way.submit_all(customer_id)
    with inside(way.merchant.sandbox):
        verification_pk = Verification.objects.get().pk

    def starting() -> None:
        with inside(way.merchant.sandbox):
            start_check(verification_pk=verification_pk, at=timezone.now())

    at_once(starting, starting)

    with inside(way.merchant.sandbox):
        check = ProviderCheck.objects.get()
        assert check.state == "submitted"
    assert way.provider.ask("GET", f"/v1/checks?idempotency_key={check.uid}").status_code == 200
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"
