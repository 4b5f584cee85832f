"""A rejected document can be submitted again, and nothing that comes late or twice makes a difference."""

from tests.fixtures.merchants import inside
from tests.fixtures.way import Way, a_picture
from verification.callbacks.models import ProviderCallback
from verification.documents.models import DocumentSubmission
from verification.events.models import Event
from verification.providers.models import ProviderCheck
from verification.workflow import receiving

BLURRED_SELFIE = {"sandbox_scenario": "reject:SELFIE:image_blurred"}


def event_count(way: Way) -> int:
    with inside(way.merchant.sandbox):
        return Event.objects.count()


def test_a_blurred_selfie_is_asked_for_again_and_then_the_customer_is_verified(way: Way) -> None:
    customer_id = way.register(metadata=BLURRED_SELFIE)
    way.submit_all(customer_id)
    way.until_answered()
    status = way.status(customer_id)
    assert (status["status"], status["stage"], status["final"]) == ("rejected", "resubmit", False)
    assert [(d["doc_type"], d["status"]) for d in status["documents"] if d["status"] != "verified"] == [("SELFIE", "rejected")]
    assert [(issue["code"], issue["doc_type"], issue["user_fixable"]) for issue in status["issues"]] == [("image_blurred", "SELFIE", True)]

    assert way.submit(customer_id, "SELFIE").status_code == 201
    way.until_answered()

    assert way.status(customer_id)["status"] == "verified"
    with inside(way.merchant.sandbox):
        history = DocumentSubmission.objects.filter(doc_type="SELFIE").order_by("pk")
        assert [(row.outcome, row.reasons) for row in history] == [("rejected", ["image_blurred"]), ("clear", [])]
        assert [check.number for check in ProviderCheck.objects.order_by("number")] == [1, 2]


def test_a_verified_document_is_not_replaced_while_another_is_asked_for_again(way: Way) -> None:
    customer_id = way.register(metadata=BLURRED_SELFIE)
    way.submit_all(customer_id)
    way.until_answered()

    answer = way.submit(customer_id, "ID_FRONT")

    assert (answer.status_code, answer.json()["code"]) == (409, "document_already_verified")
    with inside(way.merchant.sandbox):
        assert DocumentSubmission.objects.filter(doc_type="ID_FRONT").count() == 1


def test_the_late_callback_of_the_first_check_changes_nothing_after_a_resubmission(way: Way) -> None:
    customer_id = way.register(metadata=BLURRED_SELFIE)
    way.submit_all(customer_id)
    way.until_answered()
    first = way.listener.heard[0]
    way.submit(customer_id, "SELFIE")
    before = way.status(customer_id), event_count(way)
    with inside(way.merchant.sandbox):
        ProviderCheck.objects.filter(number=1).update(result_version=0)  # as if the first answer had never been read
        ProviderCallback.objects.all().delete()

    assert way.hand_on(first).status_code == 200
    with inside(way.merchant.sandbox):
        callback = ProviderCallback.objects.get()
        receiving.handle_callback(callback_pk=callback.pk, at=callback.received_at)
        callback.refresh_from_db()
        assert callback.handled_at is not None

    assert (way.status(customer_id), event_count(way)) == before
    way.until_answered()
    assert way.status(customer_id)["status"] == "verified"


def test_a_repeated_callback_is_answered_200_and_changes_nothing(way: Way) -> None:
    customer_id = way.verified()
    before = way.status(customer_id), event_count(way)

    assert way.hand_on(way.listener.heard[0]).status_code == 200
    way.run_jobs()

    assert (way.status(customer_id), event_count(way)) == before


def test_while_a_check_runs_an_upload_is_refused_and_leaves_no_trace(way: Way) -> None:
    customer_id = way.register()
    way.submit_all(customer_id)
    way.run_jobs()

    answer = way.submit(customer_id, "SELFIE", a_picture())

    assert (answer.status_code, answer.json()["code"]) == (409, "document_being_checked")
    with inside(way.merchant.sandbox):
        assert DocumentSubmission.objects.count() == 4
