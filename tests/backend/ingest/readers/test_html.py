"""What a reader of a page saw, soon, whatever the page is."""

from __future__ import annotations

import time

import pytest

from backend.ingest.readers.html import to_text

MIB = 2**20
SECONDS = 10.0  # of one core; a few tenths when nothing else runs


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        # As Mastodon writes them.
        (
            '<p><span class="h-card" translate="no"><a href="https://x.example/@bob" class="u-url '
            'mention">@<span>bob</span></a></span> it&#39;s <em>fine</em><br />isn&quot;t it?</p>'
            '<p>See <a href="https://x.example/a?b=1&amp;c=2" rel="nofollow noopener" '
            'target="_blank"><span class="invisible">https://</span><span class="ellipsis">'
            'x.example/a</span></a> <a href="https://x.example/tags/sun" rel="tag">#'
            "<span>sun</span></a></p>",
            "@bob it's fine\nisn\"t it?\n\nSee https://x.example/a #sun",
        ),
        ("<p>a</p><ul><li>b</li><li>c</li></ul><blockquote>d</blockquote>", "a\n\nb\nc\nd"),
        ("<p>a  <b> b</b>\n c</p>", "a b\nc"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("I <3 you &amp; AT&T &copy; &#x1F600;", "I <3 you & AT&T © 😀"),
        ("<P CLASS=x>a<BR/>b</P>", "a\nb"),
        # What is not shown.
        ("a<script>if (1<2) { x('</p>') }</script >b", "ab"),
        ("a<STYLE>p > b {}</style>b<!-- c > d -->e<!doctype html>f<?php 1 ?>g", "abefg"),
        ("<head><title>t</title></head>a<svg><path d='M0'/></svg>b<svg/>c", "abc"),
        ("a<script>never closed <p>b</p>", "a"),
        ("a<![CDATA[b>c]]>d<!-->e", "ade"),
        # Quotes: in them, a `>` ends no tag.
        ("<a title='1 > 2' alt=\"3 > 4\" rel=x>a</a>", "a"),
        ('<a title = "1 > 2">a</a>', "a"),
        ("<img alt=it's>a<b title=>b</b>", "ab"),
        ('<a title="never closed>a</a> b', "a b"),
        # What nobody should write.
        ("<p>I like <![ brackets</p>", "I like"),
        ("<p>I like <![ brackets</p> and more", "I like and more"),
        ("<p>a <![if !IE]>b<![endif]></p>", "a b"),
        ("<p>a <!ELEMENT [ x ]> b", "a b"),
        ("<p>1 <a and no end", "1 <a and no end"),
        ("<p>a</", "a</"),
        ("<p>a</>b</ p>c", "abc"),
        ("<!-- never closed <p>a</p>", "a"),
        ("<p>&#" + "9" * 5_000 + ";a</p>", "\ufffda"),
        ("<p>&#99999999;&#0;&#xD800;a", "\ufffd\ufffd\ufffda"),
    ],
)
def test_the_text_of_markup(markup: str, text: str) -> None:
    assert to_text(markup) == text


@pytest.mark.parametrize("before", ["<p>", '<a title="'])
@pytest.mark.parametrize("after", ["", ">", "'>", "-->"])
@pytest.mark.parametrize(
    "unit",
    [
        *("<a ", "<a/", "<a", "<", "</", "</a", "<!", "<?", "<p>", "<b><i>", "<br/>", "</p>&"),
        *("<!--", "<!-- --", "--", "<![CDATA[", "]]", "<script>", "<script></script", "<svg>"),
        *('<a b="', "<a b='", "<a=\"'='", "<a b=\"<a c='", "<a b=", "=", '"', "</script><script>"),
        *("&", "&#", "&#9", "&lt", "&lt;<", "\n", "<p>\n", "x<", "<a\n"),
    ],
)
def test_markup_takes_time_in_proportion(unit: str, before: str, after: str) -> None:
    markup = before + unit * (2 * MIB // len(unit)) + after
    begin = time.thread_time()
    to_text(markup)
    assert time.thread_time() - begin < SECONDS


def test_a_page_that_is_nearly_all_tags_is_cut() -> None:
    text = to_text("<p>a</p>" * MIB)
    assert text.startswith("a\n\na") and text.endswith("a") and len(text) < MIB
    long = to_text("<p>" + "word " * MIB)  # still longer than a text may be: it is refused later
    assert 20_000 < len(long) < MIB
