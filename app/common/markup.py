"""Our HTML around other people's text, which is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

import streamlit as st

from backend.text.search_tokens import fold

_MARKUP_OR_WORD = re.compile(r"<[^>]*>|&[#\w]+;|(?P<word>\w+)")
_STEM, _ENDING = 3, 2  # letters that a word has at least, and its endings at most
_ADDRESS = re.compile(r"https?://[^\s<>\"'`|\\^{}]{4,2000}", re.IGNORECASE)
_AFTER = ".,;:!?…»”’]*_~"  # what may follow an address in a sentence


def esc(text: object) -> str:
    """Make any text inert inside HTML, in attributes too."""
    return escape(str(text), quote=True)


def show(markup: str) -> None:
    """Render markup made by this package."""
    st.html(f'<div class="k">{markup}</div>')


def link(url: str | None, label: str) -> str:
    """Link to a web page; only the label if the address is not one."""
    if url and _is_web_address(url):
        return f'<a href="{esc(url)}" target="_blank" rel="noopener noreferrer">{esc(label)}</a>'
    return esc(label)


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # http://[::1
        return False


def signed(value: float) -> str:
    """Write a number with two decimals, and with a minus, not a hyphen.

    Examples
    --------
    >>> signed(-0.234), signed(-0.001)
    ('−0.23', '0.00')
    """
    return f"{value:z.2f}".replace("-", "−")


def dot(colour: str) -> str:
    """Draw a small round mark next to a name."""
    return f'<span class="k-dot" style="background:{colour}" aria-hidden="true"></span>'


def bar(share: float, colour: str) -> str:
    """Draw a horizontal bar, hidden from screen readers: its number stands next to it."""
    width = 100 * min(max(share, 0.0), 1.0)
    return (
        '<span class="k-track" aria-hidden="true">'
        f'<span style="width:{width:.1f}%;background:{colour}"></span></span>'
    )


def marked_words(markup: str, words: Sequence[str]) -> str:
    """Mark words in escaped text outside tags; `words` are without case and accents.

    Examples
    --------
    >>> marked_words('A <a href="cafe">Café</a> &amp; tea', ["cafe", "amp"])
    'A <a href="cafe"><mark>Café</mark></a> &amp; tea'
    >>> marked_words("A train", ["trains"])
    'A <mark>train</mark>'
    """
    if not words:
        return markup
    wanted = set(words)

    def mark(match: re.Match[str]) -> str:
        word = match["word"]
        return f"<mark>{word}</mark>" if word and _is_marked(fold(word), wanted) else match[0]

    return _MARKUP_OR_WORD.sub(mark, markup)


def _is_marked(word: str, wanted: set[str]) -> bool:
    """Whether a word is wanted, or is an ending away from one that is, as "train" from "trains"."""
    return word in wanted or any(
        min(len(one), len(word)) > _STEM
        and (word.startswith(one) or one.startswith(word))
        and abs(len(word) - len(one)) <= _ENDING
        for one in wanted
    )


def post_text(text: str, lines: int = 4, *, marked: Sequence[str] = ()) -> None:
    """Show a post's text, cut after some lines, with marked words, never as Markdown or HTML."""
    words = marked_words(with_links(text), marked)
    show(f'<p class="k-post" dir="auto" style="-webkit-line-clamp:{lines}">{words}</p>')


def with_links(text: str) -> str:
    """Escape a text, and link the web addresses in it.

    Examples
    --------
    >>> with_links("<b> https://a.example/?b=1.").partition(">https")[2]
    '://a.example/?b=1</a>.'
    """
    parts, at = [], 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(_AFTER)
        if address.endswith(")") and "(" not in address:
            address = address.rstrip(_AFTER + ")")
        if _is_web_address(address):
            parts += [esc(text[at : match.start()]), link(address, address)]
            at = match.start() + len(address)
    return "".join([*parts, esc(text[at:])])


def plain(text: str) -> str:
    r"""Make text inert in Streamlit's Markdown labels (buttons, captions, badges).

    Examples
    --------
    >>> plain("*a* [b](c)")
    '\\*a\\* \\[b\\](c)'
    """
    for sign in r"\`*_{}[]<>#$~:|":
        text = text.replace(sign, "\\" + sign)
    return text


def with_commands(message: str) -> str:
    r"""Make a message inert like `plain`, but keep commands between backticks.

    Examples
    --------
    >>> with_commands("Run `make run`, *now*"), with_commands("a ` b")
    ('Run `make run`, \\*now\\*', 'a \\` b')
    """
    parts = message.split("`")
    if len(parts) % 2 == 0 or not all(c and c.isprintable() for c in parts[1::2]):
        return plain(message)  # another person's text, not a command of ours
    return "".join(f"`{part}`" if i % 2 else plain(part) for i, part in enumerate(parts))
