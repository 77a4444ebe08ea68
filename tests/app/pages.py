"""What a page shows, read from Streamlit's own test runner."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]


def messages(at: AppTest, *kinds: str) -> list[str]:
    """All messages of some kinds, so that a failed assertion prints them."""
    return [element.value for kind in kinds for element in at.get(kind)]


def shown(at: AppTest, *kinds: str) -> str:
    """The texts of all elements of some kinds, one a line."""
    return "\n".join(messages(at, *kinds))


def examples(at: AppTest) -> list[str]:
    """The queries that an empty page offers."""
    return [unescape(one) for one in re.findall(r'k-query">(.+?)</code>', shown(at, "html"))]


def prose(at: AppTest) -> str:
    """The running text of a page."""
    return shown(at, "caption", "markdown")


def ways_on(at: AppTest) -> list[str]:
    """The labels of the links to other pages."""
    return [link.proto.label for link in at.get("page_link")]
