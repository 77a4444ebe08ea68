"""Which addresses only this machine can reach."""

from __future__ import annotations

import pytest

from backend.core.network import check_guarded, is_loopback
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
    with pytest.raises(KindredError, match=r"set A=1, B=2 or C=3, or listen on 127\.0\.0\.1"):
        check_guarded(host, {"A=1": False, "B=2": None, "C=3": ""})
    check_guarded(host, {"A=1": False, "B=2": "key", "C=3": ""})
