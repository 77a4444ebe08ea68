"""Stories of groups, and reports of selections and comparisons as one HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from backend.corpus.content import picture_of
from backend.domain import KindredError, Post, Selection
from backend.media import inline_frame
from backend.selections import Comparison, Profile, report, story
from backend.selections.profiles import post_rows
from backend.selections.story import Facts, Fragment
from backend.trends import Burst, Change, Steps
from backend.workspace.context import WorkspaceContext
from backend.workspace.sides import TwoSides

_CHARACTERS = 160  # of a quoted text
_PICTURES = 8


class Stories:
    """What groups are, in words."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def tell(self, profile: Profile) -> list[Fragment]:
        """Write the story of the group that a profile describes.

        Returns
        -------
        list of Fragment
            One paragraph; every number comes from the profile, the times or the posts.
        """
        selection = profile.selection
        items = self._context.selections.item_table(selection.kind, selection.corpus)
        inside = items.rows(selection.ids)
        outside = np.setdiff1d(np.arange(len(items)), inside, assume_unique=True)
        own = post_rows(items, inside)
        authors = items.posts.table["user"].iloc[own].dropna().nunique()
        readable = self._readable(selection.corpus, items.posts.ids[own].tolist())
        typical, dissenting = story.quotes(items, inside, outside, profile, readable)
        seconds = self._seconds(own, selection.corpus)
        burst, change = self._happenings(selection)
        facts = Facts(int(authors), seconds, burst, typical, dissenting, change)
        quoted = [quote.id for quote in (*typical, *dissenting)]
        return story.tell(profile, facts, self._texts(quoted, selection.corpus))

    def report(self, profile: Profile) -> str:
        """Write the report of a selection: one HTML page without scripts."""
        selection = profile.selection
        items = self._context.selections.item_table(selection.kind, selection.corpus)
        own = post_rows(items, items.rows(selection.ids))
        return report.of_selection(
            profile,
            parts=self.tell(profile),
            posts=self._posts(profile.images[:_PICTURES], selection.corpus),
            links=self._urls(self.tell(profile), selection.corpus),
            timeline=self._timeline(own, selection.corpus),
            day=_today(),
        )

    def report_comparison(self, one: str, two: str, comparison: Comparison) -> str:
        """Write the report of two compared selections, under their names."""
        pictures = [
            self._posts(side.images[:_PICTURES], side.selection.corpus)
            for side in (comparison.one, comparison.two)
        ]
        return report.of_comparison((one, two), comparison, pictures=pictures, day=_today())

    def report_sides(self, found: TwoSides, level: str) -> str:
        """Write the report of two sets of posts that are compared on one map."""
        both = (found.one, found.two)
        names = [f"{side.selection.origin[:1].upper()}{side.selection.origin[1:]}" for side in both]
        swapped = [  # the template compares the first side with the second
            replace(
                c, mean=c.rest, low=c.rest_low, high=c.rest_high,
                rest=c.mean, rest_low=c.low, rest_high=c.high,
            )
            for c in found.emotions
            if not isnan(c.mean) and not isnan(c.rest)
        ]  # fmt: skip
        clusters = found.map.level(level).clusters
        growth = [
            {**asdict(g), "name": clusters[g.group].label, "state": g.state,
             "difference": g.difference}
            for g in found.growth
            if g.state != "same"
        ]  # fmt: skip
        sides = [
            {
                "name": names[i],
                "against": names[1 - i],
                "note": f"{len(side.selection):,} posts, compared with {names[1 - i]}.",
                "tags": side.tags,
                "words": side.words,
                "contrasts": swapped,
                "pictures": self._posts(side.images[:_PICTURES], side.selection.corpus),
            }
            for i, side in enumerate(both)
        ]
        corpora = dict.fromkeys(report.titled(side.selection.corpus) for side in both)
        return report.of_sides(sides, growth, corpus=" and ".join(corpora), day=_today())

    def _seconds(self, own: np.ndarray, corpus: str) -> np.ndarray:
        """Return the times of some posts, ascending."""
        dated = self._context.trends.dated(corpus)
        return np.asarray(dated.seconds[np.isin(dated.rows, own)])

    def _happenings(self, selection: Selection) -> tuple[Burst | None, Change | None]:
        """Return the strongest burst of a group, and its strongest change of feeling."""
        try:
            bursts, changes = self._context.trends.of_selection(selection)
        except KindredError as error:
            if error.code != "no_times":
                raise
            return None, None
        return next(iter(bursts), None), next(iter(changes), None)

    def _timeline(self, own: np.ndarray, corpus: str) -> tuple[list[str], list[int], str]:
        dated = self._context.trends.dated(corpus)
        seconds = dated.seconds[np.isin(dated.rows, own)]
        if len(seconds) < 2 or seconds[0] == seconds[-1]:
            return [], [], ""
        steps = Steps.covering(int(seconds[0]), int(seconds[-1]), most=90)
        counts = np.bincount(steps.of(seconds), minlength=len(steps))
        return steps.names(), counts.tolist(), steps.unit

    def _readable(self, corpus: str, ids: list[str]) -> list[str]:
        table = self._context.corpus(corpus).table(["id", "text", "title"], ids=ids)
        frame = table.to_pandas()
        written = frame["text"].fillna("") + frame["title"].fillna("")
        return frame["id"][written.str.strip().str.len() > 3].tolist()

    def _texts(self, ids: Sequence[str], corpus: str) -> dict[str, tuple[str, str]]:
        opened = self._context.corpus(corpus)
        posts = opened.posts(list(ids)) if ids else {}
        names = opened.users(sorted({p.user for p in posts.values() if p.user}))
        return {
            id_: (_short(post), names[post.user].name if post.user in names else "")
            for id_, post in posts.items()
        }

    def _urls(self, parts: Sequence[Fragment], corpus: str) -> Mapping[str, str]:
        ids = [part.opens["post"] for part in parts if "post" in part.opens]
        posts = self._context.corpus(corpus).posts(ids) if ids else {}
        return {id_: post.url for id_, post in posts.items() if post.url}

    def _posts(self, ids: Sequence[str], corpus: str) -> list[dict[str, Any]]:
        """Return the texts and small pictures of posts; a missing picture is left out."""
        opened = self._context.corpus(corpus)
        shown_posts = []
        for post in (opened.posts(list(ids)) if ids else {}).values():
            image = None
            with suppress(KindredError, OSError):
                image = picture_of(opened, post.id)
            drawn = "" if image is None else inline_frame(image.frames[0])
            shown_posts.append({"text": _short(post), "image": drawn, "url": post.url or ""})
        return shown_posts


def _short(post: Post) -> str:
    text = " ".join((post.text or post.title or "").split())
    return text if len(text) <= _CHARACTERS else text[: _CHARACTERS - 1] + "…"


def _today() -> str:
    return f"{pd.Timestamp(datetime.now(UTC)):%Y-%m-%d}"
