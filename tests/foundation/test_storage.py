"""Objects in a real S3 server: each merchant's under its own prefix, and the errors of a server that is not there."""

import inspect
import os
import secrets
import socket
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from kyc_platform.doors import NetworkInsideTransaction
from kyc_platform.per_process import once_per_process
from kyc_platform.schema import NoSchema, inside_schema
from kyc_platform.storage import client, objects
from kyc_platform.storage.client import ObjectMissing, StorageUnavailable, s3_client
from kyc_platform.storage.names import ObjectOfAnotherMerchant, UnsuitableObjectKey, object_key

BODY = secrets.token_bytes(100_000)


@pytest.fixture
def schema():
    name = f"m_{secrets.token_hex(6)}"
    with inside_schema(name):
        yield name


def test_an_object_comes_back_as_it_was_put(schema):
    key = object_key("documents", "17", "front.sealed")

    objects.put(key, BODY)

    assert key == f"merchants/{schema}/documents/17/front.sealed"
    assert objects.get(key) == BODY


@pytest.mark.parametrize("size_bytes", [0, 1, 12 * 1024 * 1024])
def test_objects_of_every_size_come_back(schema, size_bytes):
    key, body = object_key("documents", "17"), secrets.token_bytes(size_bytes)

    objects.put(key, body)

    assert objects.get(key) == body


def test_putting_again_replaces(schema):
    key = object_key("documents", "17")
    objects.put(key, b"first")

    objects.put(key, b"second", media_type="text/plain")

    assert objects.get(key) == b"second"
    assert [found for found, _ in objects.keys(f"merchants/{schema}/")] == [key]


def test_an_object_that_was_never_put_is_missing(schema):
    key = object_key("documents", "17")

    assert not objects.exists(key)
    with pytest.raises(ObjectMissing) as refusal:
        objects.get(key)
    assert refusal.value.code == "object_missing"


def test_deleting_removes_once_and_may_be_repeated(schema):
    key, other = object_key("documents", "17"), object_key("documents", "18")
    objects.put(key, BODY)
    objects.put(other, BODY)
    assert objects.exists(key)

    objects.delete(key)
    objects.delete(key)

    assert not objects.exists(key)
    assert objects.exists(other)


def test_the_sweep_sees_every_key_with_its_time_over_several_pages(schema):
    put_many(schema, 1100)
    before = datetime.now(UTC) + timedelta(seconds=2)

    found = dict(objects.keys(f"merchants/{schema}/documents/"))

    assert set(found) == {f"merchants/{schema}/documents/{number}" for number in range(1100)}
    assert all(before - timedelta(minutes=5) < at < before for at in found.values())


def test_the_prefix_of_one_merchant_does_not_show_another_whose_name_begins_so(schema):
    with inside_schema(f"{schema}0"):
        objects.put(object_key("documents", "1"), BODY)
    objects.put(object_key("documents", "2"), BODY)

    assert [key for key, _ in objects.keys(f"merchants/{schema}/")] == [f"merchants/{schema}/documents/2"]
    with pytest.raises(ObjectOfAnotherMerchant):
        objects.keys(f"merchants/{schema}")


def test_no_function_reaches_an_object_of_another_merchant(schema):
    with inside_schema(f"m_{secrets.token_hex(6)}"):
        foreign = object_key("documents", "1")
        objects.put(foreign, BODY)

    for reach in (objects.get, objects.exists, objects.delete, objects.keys, lambda key: objects.put(key, b"overwritten")):
        with pytest.raises(ObjectOfAnotherMerchant):
            reach(foreign)

    with inside_schema(foreign.split("/")[1]):
        assert objects.get(foreign) == BODY


@pytest.mark.parametrize(
    "part", ["", ".", "..", "../m_other", "a/../../m_other", "a//b", "/a", ".hidden", "a b", "a\n", "ä", "a\\b", "x" * 1100]
)
def test_a_key_that_a_file_system_could_misread_is_refused(schema, part):
    with pytest.raises(UnsuitableObjectKey):
        object_key("documents", part)
    with pytest.raises(UnsuitableObjectKey):
        objects.get(f"merchants/{schema}/{part}")


def test_outside_every_merchant_there_are_no_objects():
    with pytest.raises(NoSchema):
        object_key("documents", "17")
    with pytest.raises(NoSchema):
        objects.get("merchants/public/documents/17")


def test_no_function_works_inside_a_transaction(schema):
    key = object_key("documents", "17")
    objects.put(key, BODY)

    with inside_schema("public"), transaction.atomic():
        for set_up in (objects.is_reachable, objects.ensure_bucket):
            with pytest.raises(NetworkInsideTransaction):
                set_up()
    with transaction.atomic():
        for work in (
            lambda: objects.put(key, b"never stored"),
            lambda: objects.get(key),
            lambda: objects.delete(key),
            lambda: objects.exists(key),
            lambda: list(objects.keys(f"merchants/{schema}/")),
        ):
            with pytest.raises(NetworkInsideTransaction):
                work()

    assert objects.get(key) == BODY


def test_the_server_is_reachable_and_the_bucket_may_be_asked_for_again():
    objects.ensure_bucket()
    objects.ensure_bucket()

    assert objects.is_reachable()


def test_a_missing_bucket_is_made(settings):
    settings.S3_BUCKET = f"kyc-{secrets.token_hex(6)}"
    assert not objects.is_reachable()

    objects.ensure_bucket()

    assert objects.is_reachable()


def test_a_missing_bucket_is_no_missing_object(schema, settings):
    settings.S3_BUCKET = f"kyc-{secrets.token_hex(6)}"
    key = object_key("documents", "17")

    with pytest.raises(StorageUnavailable):
        objects.get(key)
    with pytest.raises(StorageUnavailable):
        objects.put(key, BODY)


def test_wrong_credentials_are_the_storages_trouble_not_the_callers(schema, settings, own_client):
    settings.S3_SECRET_ACCESS_KEY = "wrong-wrong-wrong-wrong"

    with pytest.raises(StorageUnavailable):
        objects.put(object_key("documents", "17"), BODY)
    assert not objects.is_reachable()


def test_a_server_that_is_down_is_storage_unavailable(schema, settings, own_client):
    settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    key = object_key("documents", "17")

    for work in (
        lambda: objects.put(key, BODY),
        lambda: objects.get(key),
        lambda: objects.delete(key),
        lambda: objects.exists(key),
        lambda: list(objects.keys(f"merchants/{schema}/")),
        objects.ensure_bucket,
    ):
        with pytest.raises(StorageUnavailable) as refusal:
            work()
        assert (refusal.value.http_status, refusal.value.code) == (503, "storage_unavailable")
        assert schema not in refusal.value.detail
    assert not objects.is_reachable()


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n\r\n"]
)
def test_a_failing_server_is_asked_three_times_and_then_unavailable(schema, settings, own_client, answer):
    with answering(answer) as (url, requests):
        settings.S3_ENDPOINT_URL = url
        with pytest.raises(StorageUnavailable):
            objects.get(object_key("documents", "17"))

    assert len(requests) == 3


def test_a_connection_cut_in_the_middle_of_an_object_is_storage_unavailable(schema, settings, own_client):
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly the beginning") as (url, _):
        settings.S3_ENDPOINT_URL = url
        with pytest.raises(StorageUnavailable):
            objects.get(object_key("documents", "17"))


def test_a_process_has_one_client_and_a_forked_child_its_own():
    assert s3_client() is s3_client()

    reading, writing = os.pipe()
    parent = id(s3_client())
    child = os.fork()
    if child == 0:
        os.write(writing, b"another" if id(s3_client()) != parent else b"the same")
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 20) == b"another"


@pytest.fixture
def own_client(monkeypatch):
    """A client that is made in this test, of this test's settings."""
    monkeypatch.setattr(client, "s3_client", once_per_process(inspect.unwrap(s3_client)))


@contextmanager
def answering(answer):
    """A server that reads a request's head, gives one answer and hangs up; the list counts the requests."""
    requests = []

    def serve(listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                requests.append(connection.recv(65536))
                connection.sendall(answer)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def free_port():
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


def put_many(schema, count):
    for number in range(count):
        objects.put(f"merchants/{schema}/documents/{number}", b"x")
