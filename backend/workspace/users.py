"""Single users of a workspace: interests, timeline, and users who post alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.domain import EMOTIONS, EMOTIONS_AND_POSITIVE, Hit, Kind, KindredError
from backend.maps.labels import Terms
from backend.search import combine
from backend.selections.contrasts import contrasts, over_represented, without_repeated_tags
from backend.selections.item_table import ItemTable
from backend.selections.types import Contrast, OverRepresented
from backend.workspace.context import WorkspaceContext

_WORDS = 8
_PAIRS = 3
_ALIKE = 0.35  # cosine of images that are called similar; of random pairs, 97 % have less
_IMAGES = 60  # of each of two users, to compare
_MONTHS_UP_TO = 800  # days; a longer timeline has years
_DAYS_UP_TO = 62  # days; a longer timeline has months


@dataclass(frozen=True, slots=True)
class Pair:
    """Two posts with similar images, one by each of two users.

    Attributes
    ----------
    own, other : str
        Post ids.
    score : float
        Cosine of their images in the joint space, after subtracting the mean of all images.
    """

    own: str
    other: str
    score: float


@dataclass(frozen=True, slots=True)
class Affinity:
    """A user who is near, and the evidence.

    Attributes
    ----------
    hit : Hit
    words : tuple of str
        Words and tags that both use and few others use, rarest first.
    pairs : tuple of Pair
        Their most similar images.
    reactions : int
        Of each of the two to posts of the other.
    """

    hit: Hit
    words: tuple[str, ...]
    pairs: tuple[Pair, ...]
    reactions: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A period of the timeline of a user.

    Attributes
    ----------
    period : str
        ``2015``, ``2015-03`` or ``2015-03-08``.
    posts : int
    emotions : mapping of str to float
        Mean probability of each emotion.
    positive : float
    """

    period: str
    posts: int
    emotions: Mapping[str, float]
    positive: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The emotions of a user over time.

    Attributes
    ----------
    moments : tuple of Moment
        Oldest first; periods without a post are left out.
    undated : int
        Number of posts without a time.
    emotions : tuple of Contrast
        Over all posts, compared with the posts of all other users.
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
        Words of the joint space nearest to the user, including words they never wrote.
    """

    tags: tuple[OverRepresented, ...]
    words: tuple[OverRepresented, ...]
    near: tuple[Hit, ...]


class UserProfiles:
    """Profiles of single users."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def nearest(self, user: str, k: int = 6, corpus: str | None = None) -> list[Affinity]:
        """Find the `k` users who are nearest by their posts and by reactions, best first.

        Raises
        ------
        KindredError
            ``no_user`` when the user is unknown or has no post with a vector.
        """
        hits = self._hits(user, Kind.USER, k, corpus)
        items, own = self._posts(user, corpus)
        affinities = []
        images = _ImagePairs(items.corpus, items.bundle)
        reactions = self._context.reactions.between(user, [hit.id for hit in hits], corpus)
        for hit in hits:
            _, other = self._posts(hit.id, corpus)
            shared, pairs = _shared_terms(items, own, other), images.pairs(items, own, other)
            affinities.append(Affinity(hit, shared, pairs, reactions[hit.id]))
        return affinities

    def interests(self, user: str, k: int = 12, corpus: str | None = None) -> Interests:
        """Find what a user posts about more often than others.

        Returns up to `k` tags, `k` words and `k` near words.
        """
        items, own = self._posts(user, corpus)
        rest = np.setdiff1d(np.arange(len(items)), own)

        def over(terms: Terms) -> tuple[OverRepresented, ...]:
            inside, outside = terms.counts(own), terms.counts(rest)
            sizes = len(own), len(rest)
            return tuple(over_represented(terms.names, inside, outside, *sizes, most=k)[0])

        near = self._hits(user, Kind.WORD, k, corpus)
        tags = over(items.tags)
        return Interests(tags, without_repeated_tags(over(items.words), tags), tuple(near))

    def timeline(self, user: str, corpus: str | None = None) -> Timeline:
        """Compute the emotions of a user over time, by year, month or day."""
        items, own = self._posts(user, corpus)
        table = items.corpus.table(["id", "time"], ids=items.ids[own].tolist()).to_pandas()
        time = table.set_index("id")["time"].reindex(items.ids[own])
        dated = time.notna().to_numpy()
        names = EMOTIONS_AND_POSITIVE
        frame = pd.DataFrame(items.affect[own], columns=list(names))
        moments = []
        if dated.any():
            period_format = _period_format(time[dated])
            frame["period"] = time.dt.strftime(period_format).to_numpy()
            for period, rows in frame[dated].groupby("period", sort=True):
                means = rows[list(names)].mean()
                moments.append(
                    Moment(
                        str(period),
                        len(rows),
                        {e: float(means[e]) for e in EMOTIONS},
                        float(means["positive"]),
                    )
                )
        rest = np.setdiff1d(np.arange(len(items)), own)
        contrasts_ = contrasts(names, items.affect[own], items.affect[rest])
        return Timeline(tuple(moments), int((~dated).sum()), tuple(contrasts_[:-1]), contrasts_[-1])

    def posts(self, user: str, corpus: str | None = None) -> tuple[str, ...]:
        """Return the ids of the posts of a user, newest first."""
        opened = self._context.corpus(corpus)
        opened.user(user)
        return tuple(post.id for post in opened.posts_of(user))

    def _posts(self, user: str, corpus: str | None) -> tuple[ItemTable, np.ndarray]:
        opened = self._context.corpus(corpus)
        opened.user(user)  # raises when unknown
        items = self._context.selections.item_table(Kind.POST, corpus)
        return items, np.flatnonzero((items.table["user"] == user).to_numpy())

    def _hits(self, user: str, kind: Kind, k: int, corpus: str | None) -> list[Hit]:
        opened, searcher = self._context.corpus(corpus), self._context.searcher(corpus)
        opened.user(user)
        users = searcher.users() if kind is Kind.USER else None
        if users is not None and (own := users.vector(user)) is not None:
            return searcher.near_users(own, k=k, exclude=[user]).hits[kind]
        _, vectors = opened.vectors(self._context.bundle_of(corpus), Kind.USER, [user])
        if not len(vectors):
            raise KindredError("no_user", f"None of the posts of {user} has a vector yet.")
        offset = searcher.index(Kind.USER).offset
        vector = combine(vectors, [1.0], means=offset[None] if len(offset) else None)
        return searcher.search(vector, [kind], k=k, exclude=[user]).hits[kind]


class _ImagePairs:
    """Finds similar images of two users by their centred vectors."""

    def __init__(self, corpus: Corpus, bundle: str) -> None:
        self._corpus, self._bundle = corpus, bundle

    def pairs(self, items: ItemTable, own: np.ndarray, other: np.ndarray) -> tuple[Pair, ...]:
        """Return the most similar images of two sets of posts, each once; none unlike."""
        left_ids, left = self._read(items, own)
        right_ids, right = self._read(items, other)
        if not len(left_ids) or not len(right_ids):
            return ()
        scores = left @ right.T
        pairs = []
        for _ in range(min(_PAIRS, *scores.shape)):
            i, j = np.unravel_index(int(scores.argmax()), scores.shape)
            if scores[i, j] < _ALIKE:
                break
            pairs.append(Pair(str(left_ids[i]), str(right_ids[j]), float(scores[i, j])))
            scores[i, :] = scores[:, j] = -np.inf
        return tuple(pairs)

    def _read(self, items: ItemTable, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with_image = rows[items.table["image"].notna().to_numpy()[rows]][:_IMAGES]
        ids, raw = self._corpus.vectors(self._bundle, Kind.IMAGE, items.ids[with_image].tolist())
        if not len(ids):
            return ids, raw
        raw = raw - items.image_mean
        return ids, normalize(raw)


def _shared_terms(items: ItemTable, own: np.ndarray, other: np.ndarray) -> tuple[str, ...]:
    """Return the terms that both use, rarest among all posts first."""
    weighted: list[tuple[float, str]] = []
    for terms in (items.tags, items.words):
        left, right = terms.counts(own), terms.counts(other)
        both = np.flatnonzero((left > 0) & (right > 0))
        spread = np.log1p(len(items) / terms.frequency[both])
        weight = spread * np.sqrt(left[both] / len(own) * right[both] / len(other))
        weighted += zip((-weight).tolist(), terms.names[both].tolist(), strict=True)
    return tuple(dict.fromkeys(name for _, name in sorted(weighted)))[:_WORDS]


def _period_format(time: pd.Series) -> str:
    days = (time.max() - time.min()).days
    return "%Y" if days > _MONTHS_UP_TO else "%Y-%m" if days > _DAYS_UP_TO else "%Y-%m-%d"
