"""The page that an address asks for."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.waiting import PATIENCE


def page() -> None:
    import streamlit as st

    from app.components.shared.pager import page_start

    st.text(page_start(30))


@pytest.mark.parametrize(
    ("asked", "start"), [("12", "12"), ("30", "0"), ("-1", "0"), ("x", "0"), ("9" * 5000, "0")]
)
def test_what_is_no_page_is_the_first(asked: str, start: str) -> None:
    at = AppTest.from_function(page, default_timeout=PATIENCE)
    at.query_params["offset"] = asked
    assert at.run().text[0].value == start and not at.exception
