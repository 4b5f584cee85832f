"""An object whose row was never written: what a process leaves that is killed between the two, or that came too late."""

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone

from kyc_platform.storage import objects
from kyc_platform.storage.names import own_prefix
from tests.fixtures.merchants import inside
from tests.fixtures.sandbox_provider import eventually
from tests.fixtures.way import DOC_TYPES, Way
from tests.workflow.test_at_once import submitting
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.customers.records import lock_customer
from verification.documents.models import DocumentSubmission
from verification.documents.vault import open_submission
from verification.workflow.collecting import sweep_orphans


def stored_keys(way: Way) -> set[str]:
    """Return the keys of the merchant's objects."""
    with inside(way.merchant.sandbox):
        return {key for key, _ in objects.keys(own_prefix())}


@contextmanager
def customer_locked(way: Way, customer_id: str) -> Iterator[None]:
    """Hold a customer's lock from another connection: uploads go as far as the store, and wait there."""
    has_lock, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with inside(way.merchant.sandbox), transaction.atomic():
                lock_customer(Customer.objects.values_list("pk", flat=True).get(customer_id=customer_id))
                has_lock.set()
                may_end.wait(30)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert has_lock.wait(10)
    yield
    may_end.set()
    holder.join()


def test_the_object_of_an_upload_that_came_too_late_is_removed_a_day_later_and_no_other(way: Way) -> None:
    customer_id = way.register()
    for doc_type in DOC_TYPES[:3]:
        way.submit(customer_id, doc_type)
    before = stored_keys(way)
    with ThreadPoolExecutor(2) as pool:
        with customer_locked(way, customer_id):  # both are in the store before either has its row
            uploads = [pool.submit(submitting(way, customer_id, "SELFIE")) for _ in range(2)]
            eventually(lambda: len(stored_keys(way) - before) == 2)
        answers = sorted((upload.result() for upload in uploads), key=lambda answer: int(answer.status_code))
    assert [answer.status_code for answer in answers] == [201, 409]
    assert answers[1].json()["code"] == "document_being_checked"
    now = timezone.now()

    with inside(way.merchant.sandbox):
        named = set(DocumentSubmission.objects.values_list("object_key", flat=True))
        assert len(named) == 4 and len(stored_keys(way) - named) == 1
        assert sweep_orphans(at=now + timedelta(hours=23)) == 0
        assert sweep_orphans(at=now + timedelta(hours=25)) == 1
        assert stored_keys(way) == named
        for submission in DocumentSubmission.objects.select_related("customer"):
            body = open_submission(submission, customer_keyring(submission.customer))
            assert hashlib.sha256(body).hexdigest() == submission.sha256
        assert sweep_orphans(at=now + timedelta(hours=25)) == 0
