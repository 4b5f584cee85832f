"""The client against real listeners: it posts, it stops in time, and it cannot be made to do more than that."""

import asyncio
import gzip
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kyc_platform.outbound.client import OutboundClient
from kyc_platform.outbound.errors import FailureKind, OutboundFailed
from kyc_platform.outbound.registration import check_url
from tests.foundation.outbound.connects import watching_connects
from tests.foundation.outbound.listeners import OK, certificate_for, listening

TIMEOUT_SECONDS = 0.5
BODY = b'{"type": "test.ping"}'


@pytest.fixture(autouse=True)
def loopback(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True


def post_to(answer, *, tls=None, client_tls=None, url="http://127.0.0.1:{port}/hook", **options):
    """Post once to a listener that answers so; return the listener, and the response or the failure."""
    client = OutboundClient(**{"timeout_seconds": 5, "tls": client_tls, **options})

    async def post():
        async with listening(answer, tls=tls) as listener, client:
            try:
                return listener, await client.post(url.format(port=listener.port), headers={"webhook-id": "msg_1"}, body=BODY)
            except OutboundFailed as failure:
                return listener, failure

    return asyncio.run(post())


def test_a_post_arrives_whole_and_its_answer_comes_back():
    listener, response = post_to(b"HTTP/1.1 202 Accepted\r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello")

    assert (response.status, response.headers["retry-after"], response.body_start) == (202, "7", b"hello")
    assert 0 < response.duration_seconds < 5
    assert listener.bodies == [BODY]
    head = listener.heads[0].decode().splitlines()
    assert head[0] == "POST /hook HTTP/1.1"
    assert sorted(line for line in head[1:] if line) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        f"Content-Length: {len(BODY)}",
        "Content-Type: application/octet-stream",
        f"Host: 127.0.0.1:{listener.port}",
        "User-Agent: kyc-platform-webhooks/1",
        "webhook-id: msg_1",
    ]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.1."])
def test_this_machine_is_reached_where_that_is_allowed(host):
    _, response = post_to(OK, url="http://" + host + ":{port}/hook")

    assert response.status == 200


def test_registration_takes_this_machine_where_that_is_allowed():
    assert check_url("http://localhost:8000/hook") == "http://localhost:8000/hook"


@pytest.mark.parametrize("status", [200, 204, 400, 410, 429, 500, 503])
def test_every_status_is_an_answer(status):
    _, response = post_to(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)

    assert (response.status, response.body_start) == (status, b"")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status):
    async def post(client):
        async with listening() as inside:
            answer = f"HTTP/1.1 {status} Found\r\nLocation: {inside.url}\r\nContent-Length: 0\r\n\r\n".encode()
            async with listening(answer) as listener, client:
                response = await client.post(listener.url, headers={}, body=BODY)
            return response.status, inside.connections

    assert asyncio.run(post(OutboundClient())) == (status, 0)


def test_connections_to_one_host_are_reused_and_its_name_is_asked_for_once():
    asked = []

    def lookup(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    client = OutboundClient(concurrency=8, lookup=lookup)

    async def post_many():
        async with listening() as listener, client:
            url = f"http://localhost:{listener.port}/hook"
            responses = await asyncio.gather(*(client.post(url, headers={}, body=BODY) for _ in range(200)))
            return {response.status for response in responses}, listener.connections, len(listener.bodies)

    statuses, connections, arrived = asyncio.run(post_many())

    assert (statuses, arrived) == ({200}, 200)
    assert connections <= 8
    assert asked == ["localhost"]


def test_those_that_wait_for_their_turn_do_not_run_out_of_time():
    async def slow(reader, writer):
        await asyncio.sleep(0.2)
        writer.write(OK)
        await writer.drain()

    client = OutboundClient(concurrency=2, timeout_seconds=TIMEOUT_SECONDS)

    async def post_many():
        async with listening(slow) as listener, client:
            responses = await asyncio.gather(*(client.post(listener.url, headers={}, body=BODY) for _ in range(10)))
            return [response.status for response in responses]

    assert asyncio.run(post_many()) == [200] * 10


def test_one_that_never_answers_does_not_hold_up_the_others():
    async def silent(reader, writer):
        await asyncio.sleep(60)

    client = OutboundClient(concurrency=8, timeout_seconds=TIMEOUT_SECONDS)

    async def post_many():
        async with listening(silent) as dead, listening() as alive, client:
            stuck = [asyncio.create_task(client.post(dead.url, headers={}, body=BODY)) for _ in range(4)]
            responses = await asyncio.gather(*(client.post(alive.url, headers={}, body=BODY) for _ in range(50)))
            failures = await asyncio.gather(*stuck, return_exceptions=True)
            return max(response.duration_seconds for response in responses), [
                failure.kind for failure in failures if isinstance(failure, OutboundFailed)
            ]

    slowest_seconds, kinds = asyncio.run(post_many())

    assert slowest_seconds < TIMEOUT_SECONDS
    assert kinds == [FailureKind.TIMEOUT] * 4


async def drip_head(reader, writer):
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_body(reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"a")
        await writer.drain()
        await asyncio.sleep(0.02)


async def continue_for_ever(reader, writer):
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.001)


async def say_nothing(reader, writer):
    await asyncio.sleep(60)


@pytest.mark.parametrize("behave", [say_nothing, drip_head, drip_body, continue_for_ever])
def test_an_answer_that_is_not_complete_in_time_is_cut_off(behave):
    started = time.perf_counter()
    _, failure = post_to(behave, timeout_seconds=TIMEOUT_SECONDS)

    assert failure.kind is FailureKind.TIMEOUT
    assert failure.detail == "there was no complete answer within 0.5 seconds"
    assert TIMEOUT_SECONDS <= failure.duration_seconds < 2 * TIMEOUT_SECONDS
    assert time.perf_counter() - started < 4 * TIMEOUT_SECONDS


def test_a_resolver_that_does_not_answer_is_cut_off_too():
    def lookup(host, port):
        time.sleep(1)
        return ["127.0.0.1"]

    _, failure = post_to(OK, url="http://localhost:{port}/", lookup=lookup, timeout_seconds=TIMEOUT_SECONDS)

    assert failure.kind is FailureKind.TIMEOUT
    assert failure.duration_seconds < 2 * TIMEOUT_SECONDS


@pytest.mark.parametrize(
    "head", [b"Content-Length: 1073741824\r\n\r\n", b"Connection: close\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n40000000\r\n"]
)
@pytest.mark.parametrize("is_tls", [False, True])
def test_a_body_of_a_gigabyte_costs_two_kilobytes_and_the_rest_is_not_taken(head, is_tls, tmp_path):
    server, trusting = certificate_for("localhost", str(tmp_path)) if is_tls else (None, None)
    sent_megabytes = 0

    async def pour(reader, writer):
        nonlocal sent_megabytes
        writer.write(b"HTTP/1.1 200 OK\r\n" + head)
        for _ in range(1024):
            writer.write(b"a" * 1024 * 1024)
            await writer.drain()
            sent_megabytes += 1

    client = OutboundClient(tls=trusting)

    async def post_and_stay():
        async with listening(pour, tls=server) as listener, client:
            response = await client.post(f"http{'s' * is_tls}://localhost:{listener.port}/", headers={}, body=BODY)
            await asyncio.sleep(0.3)  # the client lives on, and must not go on reading
            return response

    tracemalloc.start()
    try:
        response = asyncio.run(post_and_stay())
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (response.status, response.body_start) == (200, b"a" * 2048)
    assert sent_megabytes < 16
    assert peak_bytes < 16 * 1024 * 1024


def test_a_compressed_answer_is_not_unpacked():
    bomb = gzip.compress(bytes(100 * 1024 * 1024))
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    _, response = post_to(answer + bomb)

    assert response.body_start == bomb[:2048]


@pytest.mark.parametrize("size_bytes", [0, 1, 2047, 2048])
def test_an_answer_of_two_kilobytes_is_kept_whole(size_bytes):
    client = OutboundClient()

    async def post_twice():
        body = bytes(i % 251 for i in range(size_bytes))
        async with listening(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size_bytes + body) as listener, client:
            responses = [await client.post(listener.url, headers={}, body=BODY) for _ in range(2)]
            return {response.body_start for response in responses}, listener.connections, body

    starts, connections, body = asyncio.run(post_twice())

    assert starts == {body[:2048]}
    assert connections == 1  # what arrived whole leaves its connection for the next


def test_of_a_longer_answer_two_kilobytes_are_kept():
    _, response = post_to(b"HTTP/1.1 200 OK\r\nContent-Length: 2049\r\n\r\n" + b"a" * 2048 + b"b")

    assert response.body_start == b"a" * 2048


def test_cookies_are_not_kept():
    client = OutboundClient()

    async def post_twice():
        async with listening(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n") as listener, client:
            for _ in range(2):
                await client.post(f"http://localhost:{listener.port}/", headers={}, body=BODY)
            return listener.heads

    assert all(b"cookie" not in head.lower() for head in asyncio.run(post_twice()))


def test_a_proxy_that_the_environment_names_is_not_used(monkeypatch):
    async def post(client):
        async with listening() as proxy, listening() as listener, client:
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
                monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            await client.post(listener.url, headers={}, body=BODY)
            return proxy.connections, listener.connections

    assert asyncio.run(post(OutboundClient())) == (0, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n" * 3,
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: a\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
    ],
)
def test_an_answer_that_is_no_http_is_a_protocol_failure(answer):
    _, failure = post_to(answer)

    assert failure.kind is FailureKind.PROTOCOL
    assert failure.detail == "the answer was not proper HTTP"


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
def test_a_connection_that_breaks_is_a_connection_failure(beginning):
    async def hang_up(reader, writer):
        writer.write(beginning)
        await writer.drain()
        writer.close()

    _, failure = post_to(hang_up)

    assert failure.kind is FailureKind.CONNECTION


def test_a_port_where_nobody_listens_is_a_connection_failure():
    async def find_and_post(client):
        async with listening() as listener:
            pass
        async with client:
            with pytest.raises(OutboundFailed) as failure:
                await client.post(listener.url, headers={}, body=BODY)
        return failure.value.kind

    assert asyncio.run(find_and_post(OutboundClient())) is FailureKind.CONNECTION


@given(answer=st.binary(max_size=200) | st.binary(max_size=200).map(lambda rest: b"HTTP/1.1 200 OK\r\n" + rest))
@hypothesis_settings(max_examples=100, deadline=None)
def test_whatever_comes_back_is_an_answer_or_a_failure_with_a_name(answer):
    async def say(reader, writer):
        writer.write(answer)
        await writer.drain()
        writer.close()

    _, outcome = post_to(say, timeout_seconds=2)

    assert isinstance(outcome, OutboundFailed) or outcome.status >= 100


def test_tls_is_made_for_the_name_with_the_address_that_was_checked_though_the_name_changes_meanwhile(tmp_path):
    server, trusting = certificate_for("localhost", str(tmp_path))
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["127.0.0.2"]])

    with watching_connects() as connects:
        listener, response = post_to(
            OK, tls=server, url="https://localhost:{port}/", client_tls=trusting, lookup=lambda host, port: next(answers)
        )

    assert response.status == 200
    assert listener.server_names == ["localhost"]
    assert f"Host: localhost:{listener.port}".encode() in listener.heads[0]
    assert connects == [("127.0.0.1", listener.port)]


def test_a_certificate_of_another_name_is_not_accepted(tmp_path):
    server, trusting = certificate_for("hooks.example.com", str(tmp_path))

    listener, failure = post_to(OK, tls=server, url="https://localhost:{port}/", client_tls=trusting)

    assert failure.kind is FailureKind.TLS
    assert failure.detail == "the certificate was not accepted: Hostname mismatch, certificate is not valid for 'localhost'."
    assert listener.bodies == []


def test_a_certificate_of_an_unknown_authority_is_not_accepted(tmp_path):
    server, _ = certificate_for("localhost", str(tmp_path))

    listener, failure = post_to(OK, tls=server, url="https://localhost:{port}/")

    assert failure.kind is FailureKind.TLS
    assert failure.detail == "the certificate was not accepted: self-signed certificate"
    assert listener.bodies == []


def test_a_server_without_tls_is_a_tls_failure():
    async def post(client):
        async def greet(reader, writer):
            writer.write(b"220 mail.example.com ESMTP\r\n")
            await writer.drain()
            await reader.read()
            writer.close()

        server = await asyncio.start_server(greet, "127.0.0.1", 0)
        async with server, client:
            with pytest.raises(OutboundFailed) as failure:
                await client.post(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/", headers={}, body=BODY)
        return failure.value.kind

    assert asyncio.run(post(OutboundClient(timeout_seconds=5))) is FailureKind.TLS
