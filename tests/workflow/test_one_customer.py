"""The main job: a customer comes in, is checked, and is decided, once."""

import hashlib

from tests.fixtures.merchants import inside
from tests.fixtures.way import DOC_TYPES, Way
from verification.customers.keys import customer_keyring
from verification.customers.models import Customer
from verification.documents.models import Document, DocumentSubmission
from verification.documents.vault import open_submission
from verification.events.models import Event


def test_four_good_documents_make_a_verified_customer(way: Way) -> None:
    customer_id = way.register()
    assert way.status(customer_id)["missing"] == list(DOC_TYPES)
    way.submit_all(customer_id)
    assert (way.status(customer_id)["status"], way.status(customer_id)["stage"]) == ("pending", "submitted")

    way.run_jobs()
    assert way.status(customer_id)["stage"] == "checking"
    way.until_answered()

    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["final"]) == ("verified", "approved", True)
    assert [(document["doc_type"], document["status"]) for document in status["documents"]] == [(name, "verified") for name in DOC_TYPES]
    assert status["missing"] == [] and status["issues"] == []


def test_every_step_is_one_event_with_the_next_sequence(way: Way) -> None:
    customer_id = way.verified()

    with inside(way.merchant.sandbox):
        customer = Customer.objects.get(customer_id=customer_id)
        events = Event.objects.filter(customer_pk=customer.pk, sequence__isnull=False).order_by("sequence")
        assert [event.type for event in events] == [
            "customer.created",
            *["document.submitted"] * 4,
            "verification.submitted",
            "audit.check_submitted",
            *["document.verified"] * 4,
            "verification.approved",
        ]
        assert [event.sequence for event in events] == list(range(1, 13))
        assert [event.status for event in events][-1] == "verified"
        assert events[11].previous_status == "pending"
    assert way.status(customer_id)["sequence"] == 12


def test_every_document_opens_and_matches_its_hash(way: Way) -> None:
    customer_id = way.verified()

    with inside(way.merchant.sandbox):
        customer = Customer.objects.get(customer_id=customer_id)
        for submission in DocumentSubmission.objects.filter(customer=customer):
            assert hashlib.sha256(open_submission(submission, customer_keyring(customer))).hexdigest() == submission.sha256
        assert Document.objects.filter(customer=customer, state="verified").count() == 4
