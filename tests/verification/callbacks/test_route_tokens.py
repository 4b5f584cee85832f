"""The token in a callback's URL."""

from urllib.parse import quote

import pytest
from django.core import signing

from kyc_platform.errors import NotFound
from verification.callbacks.route_tokens import read_route_token, route_token


def test_a_token_leads_back_to_its_schema_and_provider() -> None:
    token = route_token("t_7f3kq", "sandbox")

    assert read_route_token(token) == ("t_7f3kq", "sandbox")
    assert route_token("t_7f3kq", "sandbox") == token
    assert quote(token, safe=":") == token


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1], lambda token: "A" + token[1:], lambda token: token + "a", lambda _: "", lambda _: ":" * 9]
)
def test_a_token_that_we_did_not_make_leads_nowhere(change) -> None:
    with pytest.raises(NotFound):
        read_route_token(change(route_token("t_7f3kq", "sandbox")))


def test_something_else_that_we_signed_is_no_token() -> None:
    for other in (signing.dumps(["t_7f3kq", "sandbox"]), signing.Signer().sign_object(["t_7f3kq", "sandbox"])):
        with pytest.raises(NotFound):
            read_route_token(other)
