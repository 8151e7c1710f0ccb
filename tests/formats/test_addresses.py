"""Which addresses models are fetched from."""

from __future__ import annotations

import pytest

from marcelle_nb.errors import DownloadRefused
from marcelle_nb.formats.addresses import (
    check_one_host,
    checked_address,
    is_loopback,
    is_this_machine,
)

OTHER = "https://school.example/m.json"

THIS_MACHINE = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.255.0.9",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST.",
    "a.localhost",
    "[::1]",
    "[::]",
    "[::1%25lo]",
    "[::ffff:127.0.0.1]",
    "[::ffff:0.0.0.0]",
    "[::127.0.0.1]",
]


@pytest.mark.parametrize("host", THIS_MACHINE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_another_machine_redirects_to_this_one_in_no_way_of_writing(scheme, host):
    with pytest.raises(DownloadRefused, match="another machine may not redirect to this one"):
        checked_address(f"{scheme}://{host}:8000/m.json", plain=True, came_from=OTHER)


@pytest.mark.parametrize(
    "host", ["school.example", "192.0.2.9", "1.1", "[2001:db8::1]", "localhos"]
)
def test_other_machines_are_others(host):
    assert checked_address(f"https://{host}/m.json", plain=False, came_from=OTHER)
    assert not is_this_machine(host.strip("[]"))


@pytest.mark.parametrize("host", ["0.0.0.0", "127.1", "::ffff:127.0.0.1", "a.localhost"])
def test_http_without_more_is_taken_from_plain_names_of_this_machine_alone(host):
    assert not is_loopback(host)
    assert is_loopback("localhost")
    assert is_loopback("127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "https://192.0.2.2:8000\\@localhost/m.pb",
        "https://192.0.2.2/m.pb\\@localhost/m.pb",
        "https://school.example\n.evil/m.pb",
        "https://school.example\t/m.pb",
        "https://school.example/\0",
        "https://a b@school.example/m.pb",
        "https://school.example evil/m.pb",
    ],
    ids=ascii,
)
def test_address_that_readers_take_differently_is_refused(url):
    with pytest.raises(DownloadRefused, match="readers take differently"):
        checked_address(url, plain=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://school.example/my model/m.pb?a=b c",
        "https://anna:secret@school.example:8443/m.pb#x",
        "http://[::1%25lo]:8000/",
        "https://SCHOOL.example/",
    ],
)
def test_address_with_one_host_passes(url):
    check_one_host(url, checked_address(url, plain=True))


def test_address_with_two_hosts_is_refused():
    parts = checked_address("https://school.example/", plain=True)
    with pytest.raises(DownloadRefused, match="expected one host, got 'school"):
        check_one_host("https://evil/", parts)
