"""Who gets in, what a demo stores, and what a failure tells."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app.sign_in import allowed, verified
from backend.settings import settings
from tests.app.pages import Open, messages, shown
from tests.waiting import PATIENCE

MAIN = str(Path(__file__).resolve().parents[2] / "app" / "main.py")


@pytest.fixture
def configured(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change settings for one test."""

    def change(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"KINDRED_{name.upper()}", value)
        settings.cache_clear()

    yield change  # type: ignore[misc]
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    ("email", "list_", "in_"),
    [
        ("anna@example.org", "", True),
        ("anna@example.org", "anna@example.org", True),
        ("ANNA@EXAMPLE.ORG", " anna@example.org,bob@x.net", True),
        ("anna@example.org", "@example.org", True),
        ("anna@evil-example.org", "@example.org", False),
        ("anna@example.org.evil", "@example.org", False),
        ("anna@example.org@evil.net", "@example.org", False),
        ("example.org", "@example.org", False),
        ("", "@example.org", False),
    ],
)
def test_the_list_of_who_may_come_in(email: str, list_: str, in_: bool) -> None:
    assert allowed(email, list_) is in_


def test_an_address_must_be_vouched_for() -> None:
    assert verified({"email": "a@b.c", "email_verified": True}) == "a@b.c"
    for claim in (False, None, "false", "true", 1, 0, [True]):
        assert verified({"email": "a@b.c", "email_verified": claim}) == ""
    assert verified({"email": "a@b.c"}) == verified({}) == ""
    assert verified({"email": ["a@b.c"], "email_verified": True}) == ""


def test_nobody_gets_in_where_sign_in_is_not_set_up(configured: Callable[..., None]) -> None:
    configured(sign_in="true")
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE).run()
    assert "no provider is set up" in shown(at, "error")
    assert not at.metric and not at.exception


def test_who_is_not_signed_in_sees_a_button_and_nothing_else(
    configured: Callable[..., None],
) -> None:
    configured(sign_in="true")
    at = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    at.secrets["auth"] = {"redirect_uri": "http://x/oauth2callback", "cookie_secret": "x" * 40}
    at.run()
    assert [button.label for button in at.button] == ["Sign in"]
    assert not at.metric and not at.exception


def test_a_demo_offers_no_import(configured: Callable[..., None], open_page: Open) -> None:
    configured(demo="true")
    st.cache_resource.clear()
    at = open_page("corpora")
    assert messages(at, "exception") == []
    assert "demo" in shown(at, "info")
    assert not at.file_uploader


def test_memory_that_runs_out_is_told_in_a_sentence(home: Path) -> None:
    def script() -> None:
        from app.failures import failed

        assert failed(MemoryError())

    at = AppTest.from_function(script, default_timeout=PATIENCE).run()
    assert "short of memory" in shown(at, "error")


@pytest.mark.parametrize("number", ["EACCES", "EROFS", "ENOSPC"])
def test_what_the_file_system_refuses_is_told_with_what_to_do(home: Path, number: str) -> None:
    def script(number: str) -> None:
        import errno

        from app.failures import failed

        assert failed(OSError(getattr(errno, number), "no", "/where/it/lies"))

    at = AppTest.from_function(script, default_timeout=PATIENCE, args=(number,)).run()
    said = shown(at, "error")
    assert said.startswith("Nothing was stored") and "error ID" not in said
    assert ("Free some space" if number == "ENOSPC" else "/where/it/lies. Change its") in said


def test_a_failure_has_an_id_and_no_stack_trace(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def script() -> None:
        from app.failures import failed

        try:
            raise ValueError("what the post says: secret")
        except ValueError as error:
            assert failed(error)

    logging.getLogger("app").propagate = True
    with caplog.at_level(logging.ERROR, logger="app.failures"):
        at = AppTest.from_function(script, default_timeout=PATIENCE).run()
    (record,) = caplog.records
    assert record.error_id in shown(at, "error")  # type: ignore[attr-defined]
    assert "secret" not in shown(at, "error") and "ValueError" not in shown(at, "error")
