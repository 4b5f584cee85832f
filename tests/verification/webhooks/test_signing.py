"""Signatures, held against the standard's own vector and the public package."""

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from verification.webhooks.payloads import payload
from verification.webhooks.signing import NoSecret, new_secret, signature, signed_headers, signing_key

VECTOR_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type":"test.ping","data":{"name":"Åsa"}}'


def test_the_vector_of_the_standard_is_met():
    signed = signature(
        [signing_key(VECTOR_SECRET)], webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=b'{"test": 2432232314}'
    )

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_public_package_accepts_what_we_sign():
    secret = new_secret()
    now = int(datetime.now(UTC).timestamp())

    headers = signed_headers([signing_key(secret)], webhook_id="evt_1", timestamp=now, body=BODY.encode())

    assert Webhook(secret).verify(BODY, headers) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + " ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**headers, "webhook-id": "evt_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_we_sign_as_the_public_package_does():
    secret = new_secret()
    at = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)

    theirs = Webhook(secret).sign("evt_1", at, BODY)

    assert theirs == signature([signing_key(secret)], webhook_id="evt_1", timestamp=int(at.timestamp()), body=BODY.encode())


def test_with_two_secrets_a_receiver_that_knows_either_accepts():
    old, new = new_secret(), new_secret()
    now = int(datetime.now(UTC).timestamp())

    headers = signed_headers([signing_key(old), signing_key(new)], webhook_id="evt_1", timestamp=now, body=BODY.encode())

    assert len(headers["webhook-signature"].split(" ")) == 2
    assert Webhook(old).verify(BODY, headers) == Webhook(new).verify(BODY, headers)


def test_every_secret_is_another_and_of_the_standards_length():
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    assert {len(signing_key(secret)) for secret in secrets} == {32}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        VECTOR_SECRET.removeprefix("whsec_"),
        "whsec_not base64",
        "whsec_ÅÄÖ",
        f"whsec_{base64.b64encode(bytes(23)).decode()}",
        f"whsec_{base64.b64encode(bytes(65)).decode()}",
    ],
)
def test_what_is_no_secret_signs_nothing_and_is_not_repeated(text):
    with pytest.raises(NoSecret) as refusal:
        signing_key(text)
    assert str(refusal.value) == ""


def test_a_body_is_the_same_bytes_whatever_order_its_data_came_in():
    at = datetime(2026, 1, 31, 9, 30, 0, 120, tzinfo=UTC)

    one = payload(event_type="test.ping", at=at, data={"b": 1, "a": {"d": None, "c": "Å"}})
    other = payload(event_type="test.ping", at=at, data={"a": {"c": "Å", "d": None}, "b": 1})

    expected = '{"type":"test.ping","timestamp":"2026-01-31T09:30:00.000120Z","data":{"a":{"c":"Å","d":null},"b":1}}'
    assert one == other == expected.encode()
