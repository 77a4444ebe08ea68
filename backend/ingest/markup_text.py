"""HTML from the web to the text that its reader saw."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BREAKS = {"br", "p", "div", "li", "blockquote", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "pre"}
_UNSEEN = {"script", "style", "template", "title", "head", "iframe", "noscript", "svg", "math"}
_TAG = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z0-9]+;")
_MANY = re.compile(r"\n{3,}")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._hidden.append(tag)
        elif tag in _BREAKS and self.parts:
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and tag == self._hidden[-1]:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def to_text(markup: str) -> str:
    r"""Take the tags off.

    What a page would not show is left out; paragraphs and line breaks stay. A
    text without tags or entities is returned as it is.

    Parameters
    ----------
    markup : str

    Returns
    -------
    str

    Examples
    --------
    >>> to_text("<p>Hi <b>all</b>!<br>1 &lt; 2</p><script>x()</script>")
    'Hi all!\n1 < 2'
    """
    if not _TAG.search(markup):
        return markup
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    return _MANY.sub("\n\n", "\n".join(lines)).strip()
