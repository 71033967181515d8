"""Whose request it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.addresses import Addresses, key, networks

PROXIES = Addresses(networks("10.0.0.0/8, fd00::/8 192.0.2.1"))


def of(peer, forwarded=None, addresses=PROXIES):
    environ = {"REMOTE_ADDR": peer}
    if forwarded is not None:
        environ["HTTP_X_FORWARDED_FOR"] = forwarded
    return addresses.of(environ)


def test_without_trusted_proxies_the_peer_is_the_client_whatever_it_says():
    assert of("127.0.0.1", "203.0.113.9", Addresses(())) == "127.0.0.1"
    assert of("203.0.113.5", "203.0.113.9") == "203.0.113.5"


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", "203.0.113.9"),  # what a client claims stands further left
        ("6.6.6.6, 203.0.113.9, 10.1.1.1, 192.0.2.1", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("10.2.2.2, 10.1.1.1", "10.2.2.2"),  # somebody in the proxies' own network
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("203.0.113.9, unknown", "10.0.0.1"),
        ("203.0.113.9, garbage, 10.1.1.1", "10.1.1.1"),
        ("999.1.1.1", "10.0.0.1"),
        ("203.0.113.9;for=x", "10.0.0.1"),
        (",,,", "10.0.0.1"),
    ],
)
def test_behind_a_trusted_proxy_it_is_the_last_one_that_is_none(forwarded, client):
    assert of("10.0.0.1", forwarded) == client


def test_a_peer_without_an_address_is_itself():
    assert of("", "203.0.113.9") == ""
    assert Addresses(()).of({}) == ""


@given(st.text(max_size=200), st.text(max_size=50))
def test_no_header_and_no_peer_breaks_anything(forwarded, peer):
    assert isinstance(of("10.0.0.1", forwarded), str)
    assert isinstance(key(of(peer, forwarded)), str)


def test_an_ipv6_client_is_counted_by_its_network():
    assert key("2001:db8:1:2:3:4:5:6") == key("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert key("2001:db8:1:3::1") != key("2001:db8:1:2::1")
    assert key("fe80::1%eth0") == "fe80::/64"
    assert key("203.0.113.9") == "203.0.113.9"
    assert key("::ffff:203.0.113.9") == "203.0.113.9"
    assert key("") == ""
