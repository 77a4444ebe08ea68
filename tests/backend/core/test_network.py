"""Which addresses only this machine can reach, and which are on the public internet."""

from __future__ import annotations

import ipaddress

import pytest

from backend.core.network import check_guarded, is_loopback, is_public
from backend.domain import KindredError


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "::ffff:127.0.0.1", "localhost", "LocalHost"],
)
def test_addresses_of_this_machine_only(host: str) -> None:
    assert is_loopback(host)
    check_guarded(host, {"A": None})


@pytest.mark.parametrize(
    "host",
    [
        "",
        "0.0.0.0",
        "::",
        "*",
        "10.0.0.7",
        "128.0.0.1",
        "::ffff:10.0.0.7",
        "fe80::1",
        "127.1",
        " 127.0.0.1",
        "127.0.0.1.example.org",
        "localhost.example.org",
        "host",
    ],
)
def test_addresses_that_others_can_reach_need_a_guard(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(KindredError, match=r"Set A=1, B=2 or C=3, or listen on 127\.0\.0\.1"):
        check_guarded(host, {"A=1": False, "B=2": None, "C=3": ""})
    check_guarded(host, {"A=1": False, "B=2": "key", "C=3": ""})


INSIDE = ("10.0.0.1", "127.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "224.0.0.1")


@pytest.mark.parametrize(
    "address", [*INSIDE, "172.16.0.1", "0.0.0.0", "255.255.255.255", "240.1.1.1"]
)
def test_ipv4_inside_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["::", "::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "feff::1", "ff02::1",
     "64:ff9b:1::808:808", "64:ff9b:1:808:8:800::", "100::1", "2001:db8::1", "3fff::1", "4000::1",
     "2001:0:4136:e378:8000:63bf:f5ff:fffe", "5f00::1", "1::1"],
)  # fmt: skip
def test_ipv6_inside_is_known(address: str) -> None:
    assert not is_public(address)


CARRIERS = {
    "compatible": lambda v4: int(v4),
    "mapped": lambda v4: 0xFFFF << 32 | int(v4),
    "translated": lambda v4: 0xFFFF << 48 | int(v4),
    "NAT64": lambda v4: 0x0064_FF9B << 96 | int(v4),
    "6to4": lambda v4: 0x2002 << 112 | int(v4) << 80 | 1,
    "ISATAP": lambda v4: 0x2A00_1450 << 96 | 0x5EFE << 32 | int(v4),
    "ISATAP, global": lambda v4: 0x2A00_1450 << 96 | 0x0200_5EFE << 32 | int(v4),
}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_ipv4_address_inside_another_counts(carrier: str) -> None:
    def carried(v4: str) -> str:
        return str(ipaddress.IPv6Address(CARRIERS[carrier](ipaddress.IPv4Address(v4))))

    assert is_public(carried("93.184.215.14"))
    for inside in INSIDE:
        assert not is_public(carried(inside)), carried(inside)


def test_public_addresses_pass() -> None:
    assert is_public("93.184.215.14") and is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    with pytest.raises(ValueError):
        is_public("example.org")
