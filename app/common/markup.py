"""Our HTML around other people's text, which is escaped here and nowhere else."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

import streamlit as st


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


def dot(colour: str) -> str:
    """Draw a small round mark beside a name."""
    return f'<span class="k-dot" style="background:{colour}" aria-hidden="true"></span>'


def bar(share: float, colour: str) -> str:
    """Draw a horizontal bar, hidden from screen readers: its number stands beside it."""
    width = 100 * min(max(share, 0.0), 1.0)
    return (
        '<span class="k-track" aria-hidden="true">'
        f'<span style="width:{width:.1f}%;background:{colour}"></span></span>'
    )


def post_text(text: str, lines: int = 4) -> None:
    """Show a post's text, cut after some lines, never as Markdown or HTML."""
    show(f'<p class="k-post" dir="auto" style="-webkit-line-clamp:{lines}">{esc(text)}</p>')


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
