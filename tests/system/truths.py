"""What must be true of every customer, whatever was killed meanwhile."""

import hashlib
from typing import Any

from tests.fixtures.way import DOC_TYPES
from tests.system.customers import DECISIONS, STORIES, Crowd, PatientClient
from tests.system.running import RunningPlatform, until

TOLD_SECONDS = 45.0


def assert_each_is_decided_once(platform: RunningPlatform, crowd: Crowd) -> None:
    """One decision a round, one check a round, at the provider too; the rounds and the end are those of the customer's scenario."""
    for customer_id, scenario in crowd.customers.items():
        stage, decisions, rounds = STORIES[scenario]
        (customer_pk, uid, found_stage), *others = platform.rows(
            "SELECT id, uid, stage FROM verification_customer WHERE customer_id = %s", customer_id
        )
        assert (found_stage, others) == (stage, [])
        runs = platform.rows("SELECT id, stage FROM verification_verification WHERE customer_id = %s", customer_pk)
        assert [run[1] for run in runs] == [stage]
        found = platform.rows(
            "SELECT type FROM verification_event WHERE customer_pk = %s AND type = ANY(%s) ORDER BY sequence", customer_pk, list(DECISIONS)
        )
        assert [row[0] for row in found] == decisions, customer_id
        checks = platform.rows("SELECT number, state FROM verification_providercheck WHERE verification_id = %s ORDER BY 1", runs[0][0])
        assert checks == [(number + 1, "answered") for number in range(rounds)], customer_id
        asked = platform.provided(
            "SELECT count(*), count(DISTINCT applicant_id) FROM checks JOIN applicants ON applicants.id = applicant_id WHERE reference = ?",
            uid,
        )
        assert asked == [(rounds, 1)], customer_id


def assert_every_sequence_is_gap_free(platform: RunningPlatform, crowd: Crowd) -> None:
    """A customer's events count 1, 2, 3, …, and the customer stands at the last."""
    gaps = platform.rows(
        "SELECT customer_id, customer.sequence, array_agg(event.sequence ORDER BY event.sequence) FROM verification_customer customer"
        " JOIN verification_event event ON event.customer_pk = customer.id AND event.sequence IS NOT NULL"
        " WHERE customer_id = ANY(%s) GROUP BY customer.id",
        list(crowd.customers),
    )
    assert len(gaps) == crowd.size
    for customer_id, last, sequences in gaps:
        assert sequences == list(range(1, last + 1)), customer_id


def assert_every_document_opens(platform: RunningPlatform, crowd: Crowd) -> None:
    """Each submission of the history, fetched over the API, has the hash that stands in its row."""
    with PatientClient(platform) as client:
        for customer_id in crowd.customers:
            listed = client.call("GET", f"/api/v1/customers/{customer_id}/documents?limit=100").json()
            assert {entry["doc_type"] for entry in listed["data"]} == set(DOC_TYPES)
            assert len([entry for entry in listed["data"] if entry["current"]]) == len(DOC_TYPES)
            for entry in listed["data"]:
                content = client.call("GET", f"/api/v1/customers/{customer_id}/documents/{entry['id']}/content")
                assert content.status_code == 200, content.text
                assert hashlib.sha256(content.content).hexdigest() == entry["sha256"]


def assert_the_status_is_shown(platform: RunningPlatform, crowd: Crowd) -> None:
    """The API shows what is stored: the stage of the scenario, at the customer's last sequence."""
    last = dict(platform.rows("SELECT customer_id, sequence FROM verification_customer WHERE customer_id = ANY(%s)", list(crowd.customers)))
    with PatientClient(platform) as client:
        for customer_id, scenario in crowd.customers.items():
            shown = client.status(customer_id)
            expected = {"approved": "verified", "declined": "rejected"}[STORIES[scenario][0]]
            assert (shown["status"], shown["stage"], shown["sequence"]) == (expected, STORIES[scenario][0], last[customer_id])


def assert_everything_was_told(platform: RunningPlatform, crowd: Crowd) -> None:
    """Every event that merchants are told of reached the receiver, validly signed, each under one id of its own: the event's."""
    events = platform.rows(
        "SELECT event.uid, event.type, data->>'customer_id', (data->>'sequence')::int FROM verification_event event"
        " JOIN verification_customer customer ON customer.id = customer_pk"
        " WHERE customer.customer_id = ANY(%s) AND event.type NOT LIKE 'audit.%%' ORDER BY 1",
        list(crowd.customers),
    )
    statement = (
        "SELECT webhook_id, type, customer_id, json_extract(body, '$.data.sequence') FROM received"
        f" WHERE is_valid AND customer_id IN ({','.join('?' * crowd.size)}) ORDER BY 1"
    )
    states = (
        "SELECT DISTINCT delivery.state FROM verification_webhookdelivery delivery JOIN verification_event event ON event.id = event_id"
        " JOIN verification_customer customer ON customer.id = customer_pk WHERE customer.customer_id = ANY(%s)"
    )
    customers = list(crowd.customers)
    until(lambda: platform.rows(states, customers) == [("delivered",)], "every delivery to be made", seconds=TOLD_SECONDS)
    assert platform.received(statement, *customers) == events
    assert platform.received(statement.replace("is_valid", "NOT is_valid"), *customers) == []


def assert_the_list_of_events_is_whole(platform: RunningPlatform) -> None:
    """Read page by page, positions count 1, 2, 3, … and every event that merchants see stands there once, a customer's in their order."""
    told = "SELECT count(*) FROM verification_event WHERE type NOT LIKE 'audit.%%'"
    listed: list[dict[str, Any]] = []
    after, has_more = 0, True
    with PatientClient(platform) as client:
        while has_more:
            page = client.call("GET", f"/api/v1/events?after={after}&limit=100").json()
            listed += page["data"]
            after, has_more = page["next_after"], page["has_more"]
    assert [event["position"] for event in listed] == list(range(1, len(listed) + 1))
    assert len({event["id"] for event in listed}) == len(listed)
    assert platform.rows(told) == [(len(listed),)]
    last: dict[str, int] = {}
    for event in listed:
        if (sequence := event["data"].get("sequence")) is not None:
            assert sequence > last.get(event["data"]["customer_id"], 0), event
            last[event["data"]["customer_id"]] = sequence


def assert_all_is_well(platform: RunningPlatform, crowd: Crowd) -> None:
    """All of the above."""
    assert_each_is_decided_once(platform, crowd)
    assert_every_sequence_is_gap_free(platform, crowd)
    assert_the_status_is_shown(platform, crowd)
    assert_every_document_opens(platform, crowd)
    assert_everything_was_told(platform, crowd)
    assert_the_list_of_events_is_whole(platform)
