"""Whose address a request has, with and without proxies of ours in front."""

import pytest

from kyc_platform.requests.client_ip import client_ip_of


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        (0, "192.0.2.1", None, "192.0.2.1"),
        (0, "192.0.2.1", "198.51.100.9", "192.0.2.1"),
        (1, "10.0.0.1", "198.51.100.9", "198.51.100.9"),
        (1, "10.0.0.1", "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "10.0.0.1", "203.0.113.5, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        (2, "10.0.0.1", "198.51.100.9", "None"),
        (1, "10.0.0.1", None, "None"),
        (1, "10.0.0.1", "unknown", "None"),
        (0, "", None, "None"),
        (0, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (0, "2001:db8::1", None, "2001:db8::1"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(settings, proxies, remote, forwarded, expected):
    settings.TRUSTED_PROXY_COUNT = proxies
    environ = {"REMOTE_ADDR": remote} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})

    assert str(client_ip_of(environ)) == expected
