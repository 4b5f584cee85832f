"""The root key wraps the merchants' keys, in memory or in AWS KMS.

The KMS tests talk to botocore's own stub of AWS: it checks our requests against the service's model and plays its answers.
"""

from contextlib import contextmanager

import boto3
import pytest
from botocore.stub import Stubber
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from kyc_platform.crypto.root import KmsRootKey, LocalRootKeys, RootKeyUnavailable, root_key
from kyc_platform.crypto.sealing import CannotOpen, UnsuitableKey, new_key
from kyc_platform.doors import NetworkInsideTransaction

KEY = new_key()
ROOT_2025, ROOT_2026 = new_key(), new_key()
KMS_KEY = "arn:aws:kms:eu-north-1:111122223333:key/0c1b"


@given(key=st.binary(min_size=32, max_size=32), context=st.text(max_size=20))
def test_a_wrapped_key_unwraps_in_its_context(key, context):
    root = LocalRootKeys({"2026": ROOT_2026})

    assert root.unwrap(root.wrap(key, context=context), context=context) == key


def test_a_key_wrapped_for_one_merchant_does_not_unwrap_for_another():
    root = LocalRootKeys({"2026": ROOT_2026})

    with pytest.raises(CannotOpen):
        root.unwrap(root.wrap(KEY, context="merchant:1"), context="merchant:2")


def test_no_single_bit_of_a_wrapped_key_can_be_changed():
    root = LocalRootKeys({"a": ROOT_2026, "c": ROOT_2026})
    wrapped = root.wrap(KEY, context="merchant:1")

    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            root.unwrap(bytes(changed), context="merchant:1")


@given(junk=st.binary(max_size=60))
def test_bytes_that_were_never_wrapped_do_not_unwrap(junk):
    root = LocalRootKeys({"2026": ROOT_2026})

    with pytest.raises(CannotOpen):
        root.unwrap(junk, context="merchant:1")


def test_the_root_key_rotates_while_it_is_in_use():
    before = LocalRootKeys({"2025": ROOT_2025})
    during = LocalRootKeys({"2026": ROOT_2026, "2025": ROOT_2025})
    after = LocalRootKeys({"2026": ROOT_2026})
    wrapped = before.wrap(KEY, context="merchant:1")

    assert not before.needs_rewrap(wrapped)
    assert during.needs_rewrap(wrapped)
    rewrapped = during.wrap(during.unwrap(wrapped, context="merchant:1"), context="merchant:1")

    assert not during.needs_rewrap(rewrapped)
    assert after.unwrap(rewrapped, context="merchant:1") == KEY
    with pytest.raises(CannotOpen):
        after.unwrap(wrapped, context="merchant:1")


def test_printing_root_keys_shows_their_ids_alone():
    assert repr(LocalRootKeys({"2026": ROOT_2026, "2025": ROOT_2025})) == "LocalRootKeys(2026, 2025)"
    assert repr(KmsRootKey(KMS_KEY, kms_client())) == f"KmsRootKey({KMS_KEY})"


def test_the_installation_has_one_root_key_for_the_whole_process():
    assert root_key() is root_key()
    assert root_key().unwrap(root_key().wrap(KEY, context="merchant:1"), context="merchant:1") == KEY


def test_aws_kms_wraps_and_unwraps_in_its_context():
    with kms_root() as (root, aws):
        aws.add_response(
            "encrypt",
            {"CiphertextBlob": b"wrapped by aws", "KeyId": KMS_KEY},
            {"KeyId": KMS_KEY, "Plaintext": KEY, "EncryptionContext": {"context": "merchant:1"}},
        )
        aws.add_response(
            "decrypt",
            {"Plaintext": KEY, "KeyId": KMS_KEY},
            {"KeyId": KMS_KEY, "CiphertextBlob": b"wrapped by aws", "EncryptionContext": {"context": "merchant:1"}},
        )

        wrapped = root.wrap(KEY, context="merchant:1")

        assert root.unwrap(wrapped, context="merchant:1") == KEY
        assert not root.needs_rewrap(wrapped)
        assert not KmsRootKey(KMS_KEY.partition("/")[2], kms_client()).needs_rewrap(wrapped)
        assert KmsRootKey("another-key", kms_client()).needs_rewrap(wrapped)


def test_what_aws_kms_cannot_decrypt_does_not_open():
    with kms_root() as (root, aws):
        aws.add_response("encrypt", {"CiphertextBlob": b"wrapped by aws", "KeyId": KMS_KEY})
        aws.add_client_error("decrypt", "InvalidCiphertextException", http_status_code=400)

        with pytest.raises(CannotOpen):
            root.unwrap(root.wrap(KEY, context="merchant:1"), context="merchant:2")


def test_an_alias_names_no_root_key():
    with pytest.raises(UnsuitableKey):
        KmsRootKey("alias/kyc", kms_client())


@pytest.mark.parametrize("keys", [{}, {"2026": b""}, {"2026": ROOT_2026[:16]}, {"2026": ROOT_2026, "2025": ROOT_2025 + b"x"}])
def test_root_keys_of_another_size_are_refused(keys):
    with pytest.raises(UnsuitableKey):
        LocalRootKeys(keys)


def test_a_key_of_the_other_kind_of_root_does_not_open():
    with kms_root() as (root, _), pytest.raises(CannotOpen):
        root.unwrap(LocalRootKeys({"2026": ROOT_2026}).wrap(KEY, context="merchant:1"), context="merchant:1")


@pytest.mark.parametrize(("code", "status"), [("KMSInternalException", 500), ("ThrottlingException", 400), ("AccessDeniedException", 400)])
def test_aws_kms_out_of_order_is_worth_another_try(code, status):
    with kms_root() as (root, aws):
        aws.add_client_error("encrypt", code, http_status_code=status)

        with pytest.raises(RootKeyUnavailable) as refusal:
            root.wrap(KEY, context="merchant:1")

    assert refusal.value.http_status == 503


def test_no_root_key_works_inside_a_transaction():
    root = LocalRootKeys({"2026": ROOT_2026})
    wrapped = root.wrap(KEY, context="merchant:1")

    with transaction.atomic(), kms_root() as (kms, _):
        for work in (
            lambda: root.wrap(KEY, context="merchant:1"),
            lambda: root.unwrap(wrapped, context="merchant:1"),
            lambda: kms.wrap(KEY, context="merchant:1"),
            lambda: kms.unwrap(wrapped, context="merchant:1"),
        ):
            with pytest.raises(NetworkInsideTransaction):
                work()


def kms_client():
    return boto3.session.Session().client("kms", region_name="eu-north-1", aws_access_key_id="AKIATEST", aws_secret_access_key="none")


@contextmanager
def kms_root():
    client = kms_client()
    with Stubber(client) as aws:
        yield KmsRootKey(KMS_KEY, client), aws
