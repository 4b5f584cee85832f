"""Which addresses and URLs are acceptable, before anything is connected."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kyc_platform.outbound.addresses import is_allowed
from kyc_platform.outbound.errors import OutboundRefused
from kyc_platform.outbound.targets import may_connect, parse_target

PUBLIC = ["93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:400f:80d::200e", "::ffff:8.8.8.8"]
NOT_PUBLIC = [
    *("0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1"),
    *("172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1"),
    *("100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700:4700::1111%eth0", "fec0::1", "ff02::1", "ff0e::1"),
]


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_public_internet_is_allowed(text):
    assert is_allowed(ip_address(text))
    assert may_connect("hooks.example.com", ip_address(text), allow_loopback=True)


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_any_other_address_is_not(text):
    assert not is_allowed(ip_address(text))
    assert not may_connect("hooks.example.com", ip_address(text), allow_loopback=True)
    assert not may_connect("hooks.example.com", ip_address(text), allow_loopback=False)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_never_gets_further_than_itself(address: IPv4Address):
    number = int(address)

    assert is_allowed(IPv6Address((0xFFFF << 32) | number)) == is_allowed(address)  # ::ffff:a.b.c.d
    assert not is_allowed(IPv6Address(number))  # ::a.b.c.d
    assert not is_allowed(IPv6Address((0x64FF9B << 96) | number))  # NAT64
    assert not is_allowed(IPv6Address((0x2002 << 112) | (number << 80)))  # 6to4
    assert not is_allowed(IPv6Address((0x20010000 << 96) | (number ^ 0xFFFFFFFF)))  # Teredo


@given(st.ip_addresses(network="127.0.0.0/8") | st.ip_addresses(network="169.254.0.0/16") | st.ip_addresses(network="10.0.0.0/8"))
def test_private_networks_are_refused_throughout(address):
    assert not is_allowed(address)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://hooks.example.com", "https://hooks.example.com/"),
        ("https://HOOKS.Example.com/a/b?x=1&y=2", "https://hooks.example.com/a/b?x=1&y=2"),
        ("https://hooks.example.com:443/a", "https://hooks.example.com/a"),
        ("https://hooks.example.com:8443/a", "https://hooks.example.com:8443/a"),
        ("https://hooks.example.com./a", "https://hooks.example.com/a"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
        ("https://8.8.8.8/a", "https://8.8.8.8/a"),
        ("https://[2606:4700:4700::1111]/a", "https://[2606:4700:4700::1111]/a"),
        ("https://a_b.example.com/", "https://a_b.example.com/"),
    ],
)
def test_an_https_url_of_a_public_host_is_taken_in_its_normal_form(text, normal):
    target = parse_target(text, allow_loopback=False)

    assert str(target.url) == normal
    assert target == parse_target(normal, allow_loopback=False)


REFUSED = {
    "must begin with https://": [
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "//hooks.example.com/",
        "hooks.example.com",
        "",
        "https:///a",
        "https:hooks.example.com",
    ],
    "user name or password": [
        "https://a@hooks.example.com/",
        "https://a:b@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://8.8.8.8@127.0.0.1/",
    ],
    "port must be one of 443, 8443": [
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:0/",
        "https://8.8.8.8:6379/",
    ],
    "full domain name": [
        *(
            "https://localhost/",
            "https://localhost./",
            "https://redis/",
            "https://metadata/",
            "https://a..example.com/",
        ),
        *(
            "https://-a.example.com/",
            "https://a-.example.com/",
            f"https://{'a' * 64}.example.com/",
            f"https://{'a.' * 130}com/",
            "https://2130706433/",
        ),
        *(
            "https://%31%32%37.0.0.1/",
            "https://hooks.example.com../",
            "https://ⓛocalhost/",
            "https://0x7f000001/",
        ),
    ],
    "four decimal numbers": [
        "https://127.1/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://127.0.0.0x1/",
        "https://1.2.3.4.5/",
        "https://256.1.1.1/",
    ],
    "public address": [
        *(
            "https://127.0.0.1/",
            "https://127.0.0.1./",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/",
        ),
        *("https://100.64.0.1/", "https://0.0.0.0/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://192.168.1.1:8443/"),
        *(
            "https://\uff11\uff12\uff17.0.0.1/",
            "https://127。0。0。1/",
            "https://①②⑦.⓪.⓪.①/",
            "https://[::]/",
            "https://[fd00:ec2::254]/",
            "https://[fe80::1%25eth0]/",
            "https://[2606:4700:4700::1111%25eth0]/",
        ),
    ],
    "spaces, control characters": [
        *(
            "https://hooks.example.com/a b",
            "https://hooks.example.com\n/",
            " https://hooks.example.com/",
            "https://hooks.example.com\t.evil.com/",
        ),
        *(
            "https://hooks.example.com\\@127.0.0.1/",
            "https:\\\\127.0.0.1/",
            "https://hooks.example.com/\x00",
            "https://hooks.example.com/\r\nHost: a",
        ),
    ],
    "must not have a fragment": ["https://hooks.example.com/#a", "https://hooks.example.com/#"],
    "cannot be read": ["https://hooks.example.com:99999/", "https://hooks.example.com:a/", "https://[::1", "https://xn--a.example.com/"],
    "not be longer than 2048": [f"https://hooks.example.com/{'a' * 2048}"],
}


@pytest.mark.parametrize(("words", "text"), [(words, text) for words, texts in REFUSED.items() for text in texts])
def test_any_other_url_is_refused_with_what_would_be_right(words, text):
    with pytest.raises(OutboundRefused) as refusal:
        parse_target(text, allow_loopback=False)

    assert words in refusal.value.detail
    assert (refusal.value.http_status, refusal.value.code) == (422, "url_not_allowed")


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8000/a",
        "http://127.9.9.9:8000/a",
        "http://localhost:8000/a",
        "http://localhost.:8000/a",
        "http://[::1]:8000/a",
        "https://localhost:1/a",
    ],
)
def test_where_loopback_is_allowed_any_port_of_this_machine_is_taken(text):
    assert parse_target(text, allow_loopback=True).is_loopback
    with pytest.raises(OutboundRefused):
        parse_target(text, allow_loopback=False)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://192.168.0.1:8000/",
            "http://0.0.0.0:8000/",
            "http://[::]:8000/",
            "http://127.1:8000/",
        ),
        *(
            "http://2130706433/",
            "http://0x7f000001/",
            "http://[::ffff:127.0.0.1]:8000/",
            "http://hooks.example.com/",
            "https://hooks.example.com:8000/",
        ),
        *(
            "http://localhost.example.com/",
            "http://a.localhost/",
            "http://a@localhost:8000/",
            "ftp://localhost/",
            "https://10.0.0.1/",
            "http://[fd00::1]/",
        ),
    ],
)
def test_where_loopback_is_allowed_nothing_else_that_is_private_is(text):
    with pytest.raises(OutboundRefused):
        parse_target(text, allow_loopback=True)


@pytest.mark.parametrize("host", ["hooks.example.com", "localhost.example.com", "127.0.0.2", "127.0.0.1.", "8.8.8.8"])
def test_loopback_is_reached_under_its_own_name_only(host):
    assert not may_connect(host, ip_address("127.0.0.1"), allow_loopback=True)


@pytest.mark.parametrize(
    ("host", "address"), [("127.0.0.1", "127.0.0.1"), ("localhost", "127.0.0.1"), ("localhost", "::1"), ("::1", "::1")]
)
def test_loopback_is_reached_only_where_it_is_allowed(host, address):
    assert may_connect(host, ip_address(address), allow_loopback=True)
    assert not may_connect(host, ip_address(address), allow_loopback=False)


def test_the_name_localhost_leads_to_no_other_private_address():
    assert not may_connect("localhost", ip_address("10.0.0.1"), allow_loopback=True)
    assert not may_connect("localhost", ip_address("::ffff:127.0.0.1"), allow_loopback=True)
