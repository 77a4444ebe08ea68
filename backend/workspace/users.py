"""The part of the facade for single users: what they post, and who posts alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.domain import EMOTIONS, Hit, Kind, KindredError
from backend.search import combine
from backend.selections.statistics import contrasts, over_represented
from backend.selections.types import Contrast, OverRepresented
from backend.selections.units import Units
from backend.workspace.context import WorkspaceContext

_WORDS = 8
_PAIRS = 3
_IMAGES = 60  # of one user that are compared with another's
_MONTHS_UP_TO = 800  # days: a longer timeline is by year
_DAYS_UP_TO = 62


@dataclass(frozen=True, slots=True)
class Pair:
    """Two posts, one by each of two users, whose images are alike.

    Attributes
    ----------
    own, other : str
        Post ids.
    score : float
        Cosine of their images in the joint space, around the mean of all images.
    """

    own: str
    other: str
    score: float


@dataclass(frozen=True, slots=True)
class Affinity:
    """A user who posts alike, and why one may say so.

    Attributes
    ----------
    hit : Hit
    words : tuple of str
        Words and tags that both use and few others do, rarest first.
    pairs : tuple of Pair
        Images of theirs that are most alike.
    """

    hit: Hit
    words: tuple[str, ...]
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A stretch of a user's timeline.

    Attributes
    ----------
    period : str
        ``2015``, ``2015-03`` or ``2015-03-08``.
    posts : int
    emotions : mapping of str to float
        Mean probability of each.
    positive : float
    """

    period: str
    posts: int
    emotions: Mapping[str, float]
    positive: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """A user's emotions over time.

    Attributes
    ----------
    moments : tuple of Moment
        Oldest first; stretches without a post are left out.
    undated : int
        Posts that do not say when.
    emotions : tuple of Contrast
        Over all posts, against the posts of everybody else.
    sentiment : Contrast
    """

    moments: tuple[Moment, ...]
    undated: int
    emotions: tuple[Contrast, ...]
    sentiment: Contrast


@dataclass(frozen=True, slots=True)
class Interests:
    """What a user posts about.

    Attributes
    ----------
    tags, words : tuple of OverRepresented
        More frequent in their posts than in all others.
    near : tuple of Hit
        Words of the joint space nearest to the user; also such that they never wrote.
    """

    tags: tuple[OverRepresented, ...]
    words: tuple[OverRepresented, ...]
    near: tuple[Hit, ...]


class UserProfiles:
    """Users, one at a time.

    Parameters
    ----------
    host : WorkspaceContext
    """

    def __init__(self, host: WorkspaceContext) -> None:
        self._host = host

    def nearest(self, user: str, k: int = 6, corpus: str | None = None) -> list[Affinity]:
        """Users whose posts are most alike, by content alone: nobody's follower links.

        Parameters
        ----------
        user : str
            An id.
        k : int
        corpus : str, optional

        Returns
        -------
        list of Affinity
            Best first.

        Raises
        ------
        KindredError
            ``no_user`` when there is none, or none of their posts has a vector.
        """
        hits = self._hits(user, Kind.USER, k, corpus)
        units, own = self._posts(user, corpus)
        affinities = []
        images = _Images(self._host.corpus(corpus), self._host.bundle.name)
        for hit in hits:
            _, other = self._posts(hit.id, corpus)
            affinities.append(
                Affinity(hit, _shared(units, own, other), images.pairs(units, own, other))
            )
        return affinities

    def interests(self, user: str, k: int = 12, corpus: str | None = None) -> Interests:
        """What a user posts about more than others do.

        Parameters
        ----------
        user : str
        k : int
            Of tags, of words and of near words.
        corpus : str, optional

        Returns
        -------
        Interests
        """
        units, own = self._posts(user, corpus)
        rest = np.setdiff1d(np.arange(len(units)), own)
        found = []
        for terms in (units.tags, units.words):
            inside, outside = terms.counts(own), terms.counts(rest)
            found.append(
                over_represented(terms.names, inside, outside, len(own), len(rest), most=k)[0]
            )
        near = self._hits(user, Kind.WORD, k, corpus)
        return Interests(tuple(found[0]), tuple(found[1]), tuple(near))

    def timeline(self, user: str, corpus: str | None = None) -> Timeline:
        """A user's emotions over time, by year, month or day as the span allows.

        Parameters
        ----------
        user : str
        corpus : str, optional

        Returns
        -------
        Timeline
        """
        units, own = self._posts(user, corpus)
        opened = self._host.corpus(corpus)
        table = opened.table(["id", "time"], ids=units.ids[own].tolist()).to_pandas()
        time = table.set_index("id")["time"].reindex(units.ids[own])
        there = time.notna().to_numpy()
        names = (*EMOTIONS, "positive")
        frame = pd.DataFrame(units.affect[own], columns=list(names))
        moments = []
        if there.any():
            form = _form(time[there])
            frame["period"] = time.dt.strftime(form).to_numpy()
            for period, rows in frame[there].groupby("period", sort=True):
                means = rows[list(names)].mean()
                moments.append(
                    Moment(
                        str(period),
                        len(rows),
                        {e: float(means[e]) for e in EMOTIONS},
                        float(means["positive"]),
                    )
                )
        rest = np.setdiff1d(np.arange(len(units)), own)
        told = contrasts(names, units.affect[own], units.affect[rest])
        return Timeline(tuple(moments), int((~there).sum()), tuple(told[:-1]), told[-1])

    def posts(self, user: str, corpus: str | None = None) -> tuple[str, ...]:
        """Ids of a user's posts, newest first."""
        opened = self._host.corpus(corpus)
        opened.user(user)
        return tuple(post.id for post in opened.posts_of(user))

    def _posts(self, user: str, corpus: str | None) -> tuple[Units, np.ndarray]:
        opened = self._host.corpus(corpus)
        opened.user(user)  # says so when there is none
        units = self._host.selections.units(Kind.POST, corpus)
        return units, np.flatnonzero((units.table["user"] == user).to_numpy())

    def _hits(self, user: str, kind: Kind, k: int, corpus: str | None) -> list[Hit]:
        opened, searcher = self._host.corpus(corpus), self._host._searcher(corpus)
        opened.user(user)
        _, vectors = opened.vectors(self._host.bundle.name, Kind.USER, [user])
        if not len(vectors):
            raise KindredError("no_user", f"None of the posts of {user} has a vector yet.")
        offset = searcher.index(Kind.USER).offset
        vector = combine(vectors, [1.0], means=offset[None] if len(offset) else None)
        return searcher.search(vector, [kind], k=k, exclude=[user]).hits[kind]


class _Images:
    """Vectors of images, around their mean, read for a few posts at a time."""

    def __init__(self, corpus: Corpus, bundle: str) -> None:
        self._corpus, self._bundle = corpus, bundle

    def pairs(self, units: Units, own: np.ndarray, other: np.ndarray) -> tuple[Pair, ...]:
        """The most alike images of two sets of posts; each post comes once."""
        left_ids, left = self._read(units, own)
        right_ids, right = self._read(units, other)
        if not len(left_ids) or not len(right_ids):
            return ()
        scores = left @ right.T
        found = []
        for _ in range(min(_PAIRS, *scores.shape)):
            i, j = np.unravel_index(int(scores.argmax()), scores.shape)
            found.append(Pair(str(left_ids[i]), str(right_ids[j]), float(scores[i, j])))
            scores[i, :] = scores[:, j] = -np.inf
        return tuple(found)

    def _read(self, units: Units, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = rows[units.table["image"].notna().to_numpy()[rows]][:_IMAGES]
        ids, raw = self._corpus.vectors(self._bundle, Kind.IMAGE, units.ids[there].tolist())
        if not len(ids):
            return ids, raw
        raw = raw - units.image_mean
        return ids, normalize(raw)


def _shared(units: Units, own: np.ndarray, other: np.ndarray) -> tuple[str, ...]:
    """Terms of both, by how few of all posts have them."""
    found: list[tuple[float, str]] = []
    for terms in (units.tags, units.words):
        left, right = terms.counts(own), terms.counts(other)
        both = np.flatnonzero((left > 0) & (right > 0))
        spread = np.log1p(len(units) / terms.frequency[both])
        weight = spread * np.sqrt(left[both] / len(own) * right[both] / len(other))
        found += zip((-weight).tolist(), terms.names[both].tolist(), strict=True)
    return tuple(dict.fromkeys(name for _, name in sorted(found)))[:_WORDS]


def _form(time: pd.Series) -> str:
    days = (time.max() - time.min()).days
    return "%Y" if days > _MONTHS_UP_TO else "%Y-%m" if days > _DAYS_UP_TO else "%Y-%m-%d"
