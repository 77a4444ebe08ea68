"""HTML from the web to the text that its reader saw.

It takes time in proportion to the markup, whatever is in it: the parser of the
standard library does not, and refuses some of what people write.
"""

from __future__ import annotations

import re
from html import unescape

from backend.settings import settings

_BREAKS = {"br", "p", "div", "li", "blockquote", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "pre"}
_UNSEEN = {"script", "style", "template", "title", "head", "iframe", "noscript", "svg", "math"}
_TAG = re.compile(r"<[a-zA-Z/!]|&[#a-zA-Z0-9]+;")
_MANY = re.compile(r"\n{3,}")
_MARK = re.compile(r"<[a-zA-Z/!?]")
_NAME = re.compile(r"</?\s*([a-zA-Z][^\s/>]*)")
# A `>` in the quotes of an attribute ends no tag. Nothing here is tried in two ways.
_START = re.compile(
    r"""<[a-zA-Z][^\s/>]*+(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+|(?=>)))*+>"""
)
# What is in these is no markup, only their own end.
_RAW = {name: re.compile(rf"</\s*{name}[\s/>]", re.IGNORECASE) for name in ("script", "style")}
_MARKUP = 16  # times as much as a text may have: a page that is nearly all tags is cut there
_OTHER = {"<!--": "-->", "<![CDATA[": "]]>"}  # ends that are not the first `>`
# Its number would be made one digit after the other, and is no character.
_ENDLESS = re.compile(r"&#[0-9]{20,};?")


class _Reader:
    """Goes through markup once, from tag to tag."""

    def __init__(self, markup: str) -> None:
        self.parts: list[str] = []
        self._markup = markup
        self._hidden: list[str] = []
        self._missing: set[str] = set()  # ends that do not come any more: sought only once
        at = 0
        while found := _MARK.search(markup, at):
            self._text(at, found.start())
            at, after = found.start(), self._end(found.start())
            if after < 0:
                break  # no tag ends any more: the rest is text
            at = self._tag(at, after)
        self._text(at, len(markup))

    def _text(self, begin: int, end: int) -> None:
        if begin < end and not self._hidden:
            self.parts.append(unescape(_ENDLESS.sub("\ufffd", self._markup[begin:end])))

    def _end(self, begin: int) -> int:
        """Where the markup that begins here is over; -1 if it never is."""
        markup, sign = self._markup, self._markup[begin + 1]
        if sign == "!":
            for opening, closing in _OTHER.items():
                if markup.startswith(opening, begin):
                    end = self._find(closing, begin + 2)
                    return end if end > 0 else self._find(">", begin)
        elif sign not in "/?" and "quoted" not in self._missing:
            if found := _START.match(markup, begin):
                return found.end()
            self._missing.add("quoted")  # a quote is open to the end: from here on, none counts
        return self._find(">", begin)

    def _find(self, closing: str, begin: int) -> int:
        if closing in self._missing:
            return -1
        at = self._markup.find(closing, begin)
        if at < 0:
            self._missing.add(closing)
            return -1
        return at + len(closing)

    def _tag(self, begin: int, end: int) -> int:
        """Take a tag in, or what else is no text; say where to go on."""
        markup = self._markup
        name = _NAME.match(markup, begin, end)
        if name is None:
            return end
        tag = name[1].lower()
        closes = markup.startswith("</", begin)
        if not closes and tag in _UNSEEN:
            self._hidden.append(tag)
        elif not closes and tag in _BREAKS and self.parts:
            self.parts.append("\n\n" if tag == "p" else "\n")
        if closes or markup[end - 2] == "/":
            if self._hidden and self._hidden[-1] == tag:
                self._hidden.pop()
        elif tag in _RAW:
            found = _RAW[tag].search(markup, end)
            return found.start() if found else len(markup)
        return end


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
    most = _MARKUP * settings().limits.text_characters
    if len(markup) > most:
        markup = markup[:most]
        if (tag := markup.rfind("<")) > markup.rfind(">"):
            markup = markup[:tag]
    lines = [" ".join(line.split()) for line in "".join(_Reader(markup).parts).split("\n")]
    return _MANY.sub("\n\n", "\n".join(lines)).strip()
