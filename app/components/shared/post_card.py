"""A post of the corpus as a card: image, text, sound, author, licence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from math import floor
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.common.markup import dot, esc, link, marked_words, plain, post_text, show
from app.common.palette import EMOTION_COLOURS, counted, shortened
from app.components.shared.links import query
from app.components.shared.pictures import TILE, tile
from app.data.session import media
from backend.domain import Affect, Hit, Kind, KindredError, Modality, Post, User
from backend.text.language_names import language

LINKS = 3  # behind the words of a post


def name_of(post: Post) -> str:
    """Return a short name of a post."""
    return shortened(post.title or post.text or post.id, 60)


def repeats_title(text: str | None, title: str) -> bool:
    """Whether a text begins with its title, which then need not be shown.

    Examples
    --------
    >>> repeats_title("Snail: animal, garden", "Snail"), repeats_title("A red car", "Snail")
    (True, False)
    """
    return bool(text) and str(text).casefold().startswith(title.casefold().rstrip(".!? "))


def alt_text(post: Post) -> str:
    """Describe a post's image for screen readers.

    Examples
    --------
    >>> alt_text(Post("1", image="a.png", tags=("cat", "sofa")))
    'Image of a post tagged cat, sofa'
    >>> alt_text(Post("1", image="a.png"))
    'Image of a post'
    """
    tags = ", ".join(post.tags[:3])
    return post.title or post.text or f"Image of a post{f' tagged {tags}' if tags else ''}"


RELEVANCE = {"strong": "strong match", "weak": "weak match", "hardly": "hardly a match"}
PARTS = {
    "words": "its words",
    "phrase": "the exact phrase",
    "meaning": "its meaning",
    "picture": "its picture",
    "sound": "its sound",
    "author": "its likeness to the user",
}


def score_line(hit: Hit) -> None:
    """Show the rank of a hit, and how likely it is relevant; of a neighbour, the cosine."""
    place = f"top {100 - floor(10 * hit.percentile) / 10:.1f}%"
    if not hit.relevance:
        show(
            f'<div class="k-score" title="Rank, cosine similarity, place among all candidates">'
            f"<b>{hit.rank}</b><span>{hit.score:.3f}</span><span>{place}</span></div>"
        )
        return
    details = f"Probability of being relevant {hit.score:.0%}; {place} of all candidates"
    show(
        f'<div class="k-score" title="{esc(details)}"><b>{hit.rank}</b>'
        f'<span class="k-{hit.relevance}">{RELEVANCE[hit.relevance]}</span></div>'
    )


def why_line(hit: Hit) -> None:
    """Say which parts of a search brought a hit."""
    if named := [PARTS[part] for part in hit.parts if part in PARTS]:
        show(f'<div class="k-meta">Found by {esc(" and ".join(named[:2]))}</div>')


def show_image(post: Post, size: tuple[int, int] = TILE, **options: Any) -> None:
    """Show a post's image as a tile of `size` pixels; `options` are those of `st.image`."""
    options.setdefault("alt", alt_text(post))
    st.image(tile(str(media(post, Modality.IMAGE)), size), **options)


def show_media(post: Post, only: Modality | None = None, size: tuple[int, int] = TILE) -> None:
    """Show a post's image, as a tile of `size` pixels, and its sound, or only one of them."""
    try:
        if post.image and only in (None, Modality.IMAGE):
            show_image(post, size, width="stretch")
        if post.audio and only in (None, Modality.AUDIO):
            path = media(post, Modality.AUDIO)
            st.audio(path, alt=f"Sound of {name_of(post)}")
    except (KindredError, OSError) as error:
        st.caption(f"This file cannot be shown: {plain(getattr(error, 'message', str(error)))}")


def user_anchor(user: User, marked: Sequence[str] = ()) -> str:
    """Link to a user's page in the page's corpus; words of the name can be `marked`."""
    name = marked_words(esc(user.name), marked)
    return f'<a href="user?{esc(urlencode(query(user=user.id)))}" target="_self">{name}</a>'


def moment(when: datetime) -> str:
    """Write when a post was published; of many only the day is known.

    Examples
    --------
    >>> moment(datetime(2026, 4, 2, 7, 12, 3, tzinfo=UTC)), moment(datetime(2019, 5, 31))
    ('2 Apr 2026, 07:12', '31 May 2019')
    """
    when = when.astimezone(UTC) if when.tzinfo else when
    return f"{when:%-d %b %Y}" if when.time() == time() else f"{when:%-d %b %Y, %H:%M}"


def meta_line(
    post: Post, author: User | None, source_title: str | None, marked: Sequence[str] = ()
) -> None:
    """Show author, time, source and licence, with a link to the original.

    Words that a search found may be of the author's name: they are `marked`, too.
    """
    parts = []
    if author:
        parts.append(f"by {user_anchor(author, marked)}")
    if post.time:
        parts.append(f'<span title="UTC">{moment(post.time)}</span>')
    if post.source:
        parts.append(link(post.url, source_title or post.source))
    if post.licence:
        parts.append(esc(post.licence))
    if post.language:
        parts.append(esc(language(post.language)))
    if parts:
        show(f'<div class="k-meta">{" · ".join(parts)}</div>')


def _host(address: str) -> str:
    """Return the name of the site of a link."""
    return address.partition("://")[2].partition("/")[0].removeprefix("www.")[:60]


def show_post(
    post: Post,
    *,
    author: User | None = None,
    source_title: str | None = None,
    hit: Hit | None = None,
    affect: Affect | None = None,
    lines: int = 4,
) -> None:
    """Show a post, without frame and buttons.

    A `hit` adds rank and score, and the part of the post that it names comes first; `affect` is
    the stored prediction. The text is cut after so many `lines`.
    """
    if hit:
        score_line(hit)
    if hit is None or hit.kind is not Kind.TEXT:
        show_media(post)
    if post.title and not repeats_title(post.text, post.title):
        show(f"<b>{marked_words(esc(post.title), hit.matched if hit else ())}</b>")
    if post.text:
        post_text(post.text, lines, marked=hit.matched if hit else ())
    if links := post.labels.get("links", "").split():
        shown = " · ".join(link(one, _host(one)) for one in links[:LINKS])
        show(f'<div class="k-meta">{shown}</div>')
    if hit and hit.kind is Kind.TEXT:
        show_media(post)
    if affect:
        # A post without emotion is often without sentiment: say "neutral" once.
        names = " · ".join(dict.fromkeys((affect.top, affect.sentiment.label)))
        show(f'<div class="k-meta">{dot(EMOTION_COLOURS[affect.top])}{names}</div>')
    if hit:
        why_line(hit)
    meta_line(post, author, source_title, hit.matched if hit else ())


def show_user(user: User, hit: Hit | None = None, *, with_id: bool = False) -> None:
    """Show a user: initial, name, number of posts, tags; rank and score of a hit."""
    if hit:
        score_line(hit)
    hue = sum(map(ord, user.name)) * 47 % 360
    facts = [counted(user.posts, Kind.POST), *([user.id] if with_id else [])]
    initial = esc(next((c for c in user.name if c.isalnum()), "?").upper())
    tags = "".join(f"<span>{esc(tag)}</span>" for tag in user.tags[:5])
    show(
        f'<div class="k-person"><span class="k-avatar" aria-hidden="true" '
        f'style="background:hsl({hue} 32% 44%)">{initial}</span>'
        f'<div><b>{esc(user.name)}</b><div class="k-meta">{esc(" · ".join(facts))}</div>'
        "</div></div>"
    )
    if tags:
        show(f'<div class="k-chips">{tags}</div>')
