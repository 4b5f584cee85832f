"""Nobody between us and the caller keeps an answer; what is public says so itself."""

from typing import Any

import pytest

from tests.api.asking import web_process
from tests.fixtures.way import Way


@pytest.mark.parametrize(
    "path", ["/api/v1/customers", "/api/v1/customers/nobody", "/nothing", "/api/v1/user/me/kyc/status", "/admin/login/"]
)
def test_an_answer_is_not_to_be_kept(way: Way, path: str) -> None:
    assert "no-store" in way.ask("GET", path).headers["Cache-Control"]


def test_the_fast_status_is_not_to_be_kept_either(way: Way) -> None:
    customer_id = way.register()
    way.status(customer_id)
    told: list[Any] = []
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/customers/{customer_id}/kyc-status",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "HTTP_HOST": "testserver",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Api-Key {way.key}",
        "wsgi.url_scheme": "http",
    }

    body = b"".join(web_process()(environ, lambda status, headers: told.append((status, dict(headers)))))

    assert told[0][0] == "200 OK"
    assert told[0][1]["Cache-Control"] == "no-store"
    assert body == way.ask("GET", f"/customers/{customer_id}/kyc-status").content


def test_the_openapi_document_may_be_kept_as_long_as_it_is_the_same(way: Way) -> None:
    answer = way.client.get("/api/v1/schema")

    assert answer.headers["ETag"]
    assert "Cache-Control" not in answer.headers
