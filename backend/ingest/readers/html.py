"""Extract the visible text of HTML.

Takes linear time for any markup. The parser of the standard library does not, and
rejects some markup that occurs in practice.
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
# A `>` inside a quoted attribute does not end a tag. Possessive quantifiers: no backtracking.
_START = re.compile(
    r"""<[a-zA-Z][^\s/>]*+(?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>][^\s>]*+|(?=>)))*+>"""
)
# Elements whose content is not markup: only their end tag counts.
_RAW = {name: re.compile(rf"</\s*{name}[\s/>]", re.IGNORECASE) for name in ("script", "style")}
_LINK = re.compile(r"<a\b([^<>]{1,4000})>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_NAMED = re.compile(r"""\bclass\s*=\s*["'][^"']*\b(?:mention|hashtag)\b""", re.IGNORECASE)
_PROFILE = re.compile(r"/@[^/]+/?$")
_MARKUP = 16  # times the text limit: longer markup is cut there
_OTHER = {"<!--": "-->", "<![CDATA[": "]]>"}  # constructs that do not end at the first `>`
# Such a number takes quadratic time to parse, and is not a character.
_ENDLESS = re.compile(r"&#[0-9]{20,};?")


class _TextExtractor:
    """Scans markup once, from tag to tag, and collects the text between."""

    def __init__(self, markup: str) -> None:
        self.parts: list[str] = []
        self._markup = markup
        self._hidden: list[str] = []
        # Ends that do not occur in the rest: searched for only once.
        self._missing: set[str] = set()
        position = 0
        while match := _MARK.search(markup, position):
            self._text(position, match.start())
            position, after = match.start(), self._end(match.start())
            if after < 0:
                break  # no further tag ends: the rest is text
            position = self._tag(position, after)
        self._text(position, len(markup))

    def _text(self, begin: int, end: int) -> None:
        if begin < end and not self._hidden:
            self.parts.append(unescape(_ENDLESS.sub("\ufffd", self._markup[begin:end])))

    def _end(self, begin: int) -> int:
        """Return where the markup that begins at `begin` ends; -1 if it never does."""
        markup, sign = self._markup, self._markup[begin + 1]
        if sign == "!":
            for opening, closing in _OTHER.items():
                if markup.startswith(opening, begin):
                    end = self._find(closing, begin + 2)
                    return end if end > 0 else self._find(">", begin)
        elif sign not in "/?" and "quoted" not in self._missing:
            if found := _START.match(markup, begin):
                return found.end()
            self._missing.add("quoted")  # a quote stays open to the end: ignore quotes from here on
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
        """Handle a tag or other markup; return where to continue."""
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
            end_tag = _RAW[tag].search(markup, end)
            return end_tag.start() if end_tag else len(markup)
        return end


def to_text(markup: str) -> str:
    r"""Convert HTML to text.

    Elements that a page does not show are left out; paragraphs and line breaks are
    kept. A text without tags or entities is returned unchanged.

    Examples
    --------
    >>> to_text("<p>Hi <b>all</b>!<br>1 &lt; 2</p><script>x()</script>")
    'Hi all!\n1 < 2'
    """
    if not _TAG.search(markup):
        return markup
    limit = _MARKUP * settings().limits.text_characters
    if len(markup) > limit:
        markup = markup[:limit]
        if (tag_start := markup.rfind("<")) > markup.rfind(">"):
            markup = markup[:tag_start]
    lines = [" ".join(line.split()) for line in "".join(_TextExtractor(markup).parts).split("\n")]
    return _MANY.sub("\n\n", "\n".join(lines)).strip()


def links(markup: str) -> list[str]:
    """Return the web addresses that links of HTML lead to, but of mentions and hashtags.

    Examples
    --------
    >>> links('<a href="https://a.example/?x=1&amp;y=2">here</a>')
    ['https://a.example/?x=1&y=2']
    """
    found = []
    for match in _LINK.finditer(markup):
        address = _HREF.search(match[1])
        if address and not _NAMED.search(match[1]):
            target = unescape(next(filter(None, address.groups()), "")).strip()
            is_profile = _PROFILE.search(target)
            if target.startswith(("http://", "https://")) and not is_profile:
                found.append(target)
    return list(dict.fromkeys(found))
