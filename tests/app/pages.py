"""What a page shows, read from Streamlit's own test runner."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]


def messages(at: AppTest, *kinds: str) -> list[str]:
    """All messages of some kinds, so that a failed assertion prints them."""
    return [element.value for kind in kinds for element in at.get(kind)]


def shown(at: AppTest, *kinds: str) -> str:
    """The texts of all elements of some kinds, one a line."""
    return "\n".join(messages(at, *kinds))


def prose(at: AppTest) -> str:
    """The running text of a page."""
    return shown(at, "caption", "markdown")
