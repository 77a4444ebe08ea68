"""Posts with known authors as encoder features: training data of the user space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.corpus.reactions import to_posts, weights
from backend.domain import KindredError, Modality
from backend.joint_space.pairs import codes
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from scipy import sparse

    from backend.corpus import Corpus
    from backend.encoders import Encoder


@dataclass(frozen=True, slots=True, eq=False)
class AuthoredPosts:
    """Posts with known authors.

    Attributes
    ----------
    names : tuple of str
        The users, sorted; the position is the code.
    users, groups : numpy.ndarray
        ``(n,)`` int64 codes. Posts of one group are near-duplicates.
    sources : numpy.ndarray
        ``(n,)`` str.
    features : mapping of str to numpy.ndarray
        By modality ``(n, d)`` float32, rows of NaN where a post has none. Texts exclude
        the tags, which measure interests.
    tags : tuple of frozenset of str
        Tags of each post.
    reactions : scipy.sparse.csr_matrix, optional
        ``(n, users)`` float32: how much each user reacted to each post.
    times : numpy.ndarray, optional
        ``(n,)`` datetime64; not a time where it is unknown.
    """

    names: tuple[str, ...]
    users: np.ndarray
    groups: np.ndarray
    sources: np.ndarray
    features: Mapping[str, np.ndarray]
    tags: tuple[frozenset[str], ...]
    reactions: sparse.csr_matrix | None = None
    times: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.users)

    def has(self, modality: str) -> np.ndarray:
        """``(n,)`` bool."""
        return ~np.isnan(self.features[modality][:, 0])

    def only(self, modality: str) -> AuthoredPosts:
        """Return the same posts without all other modalities."""
        hidden = {
            m: x if m == modality else np.full_like(x, np.nan) for m, x in self.features.items()
        }
        return replace(self, features=hidden)

    def take(self, keep: np.ndarray) -> AuthoredPosts:
        """Return the posts where `keep` (``(n,)`` bool) is true; the users stay."""
        return AuthoredPosts(
            self.names,
            self.users[keep],
            self.groups[keep],
            self.sources[keep],
            {m: x[keep] for m, x in self.features.items()},
            tuple(some for some, k in zip(self.tags, keep, strict=True) if k),
            None if self.reactions is None else self.reactions[np.flatnonzero(keep)],
            None if self.times is None else self.times[keep],
        )

    def carries(self, tags: Sequence[str]) -> np.ndarray:
        """Return which posts carry which tags, ``(n, tags)`` bool."""
        return np.array([[tag in some for tag in tags] for some in self.tags], dtype=bool)


def shipped(
    encoders: Mapping[Modality, Encoder],
    *,
    cache: FeatureCache | None = None,
    assets: Path = ASSETS,
) -> AuthoredPosts:
    """Return the shipped posts and the additional drawings with known authors."""
    rows: list[dict[str, Any]] = []
    for row in pq.read_table(assets / "corpus" / "posts.parquet").to_pylist():
        # OpenMoji's texts list the tags: use the titles instead.
        text = row["title"] if row["source"] == "openmoji" else row["text"] or row["title"]
        rows.append(_row(row, text, row["user"], assets / "corpus" / "media"))
    for row in pq.read_table(assets / "training" / "pairs.parquet").to_pylist():
        english = next((t["text"] for t in row["texts"] if t["lang"] == "en"), None)
        text = english.split(":")[0] if english and row["hexcode"] else english
        rows.append(_row(row, text, row["author"], assets / "training" / "images"))
    return _encode([row for row in rows if row["user"]], encoders, cache or FeatureCache())


def of_corpus(
    corpus: Corpus, encoders: Mapping[Modality, Encoder], *, cache: FeatureCache | None = None
) -> AuthoredPosts:
    """Return the posts of an imported corpus with known authors, such as YFCC100M."""
    return _encode(_rows_of(corpus), encoders, cache or FeatureCache())


def with_reactions(
    corpus: Corpus, encoders: Mapping[Modality, Encoder], *, cache: FeatureCache | None = None
) -> AuthoredPosts:
    """As `of_corpus`, with times, reactions and those who only react.

    Raises
    ------
    KindredError
        ``no_reactions``.
    """
    table = to_posts(corpus)
    if table is None:
        raise KindredError("no_reactions", "The posts of this corpus came without reactions.")
    rows = _rows_of(corpus)
    found = _encode(rows, encoders, cache or FeatureCache(), table["user"].to_pylist())
    times = np.array([row["time"] for row in rows], dtype="datetime64[us]")
    ids = [row["id"] for row in rows]
    return replace(found, reactions=weights(table, ids, found.names), times=times)


def _rows_of(corpus: Corpus) -> list[dict[str, Any]]:
    columns = ["id", "text", "title", "image", "audio", "user", "tags", "group", "source", "time"]
    rows = []
    for row in corpus.table(columns).sort_by("id").to_pylist():
        if row["user"]:
            post = _row(row, row["text"] or row["title"], row["user"], Path())
            time = row["time"] and row["time"].replace(tzinfo=None)
            post |= {"id": row["id"], "time": time}
            for name in ("image", "audio"):
                post[name] = corpus.media_path(row[name]) if row[name] else None
            rows.append(post)
    return rows


def _row(row: Mapping[str, Any], text: str | None, user: str | None, media: Path) -> dict[str, Any]:
    return {
        "user": user,
        "text": text,
        "group": row["group"] or row["id"],
        "source": row["source"] or "",
        "tags": frozenset(row["tags"] or ()),
        "image": media / row["image"] if row.get("image") else None,
        "audio": media / row["audio"] if row.get("audio") else None,
    }


def _encode(
    rows: Sequence[Mapping[str, Any]],
    encoders: Mapping[Modality, Encoder],
    cache: FeatureCache,
    readers: Iterable[str] = (),
) -> AuthoredPosts:
    features = {}
    for modality in Modality:
        encoder = encoders[modality]
        present = [i for i, row in enumerate(rows) if row[modality.value]]
        features[modality.value] = np.full((len(rows), encoder.dim), np.nan, dtype=np.float32)
        items = [rows[i][modality.value] for i in present]
        features[modality.value][present] = (
            cache.texts(encoder, items)
            if modality is Modality.TEXT
            else cache.media(encoder, items)
        )
    names = tuple(sorted({row["user"] for row in rows} | set(readers)))
    code = {name: i for i, name in enumerate(names)}
    return AuthoredPosts(
        names=names,
        users=np.array([code[row["user"]] for row in rows], dtype=np.int64),
        groups=codes([row["group"] for row in rows]),
        sources=np.array([row["source"] for row in rows], dtype=object),
        features=features,
        tags=tuple(row["tags"] for row in rows),
    )


def hold_out(
    authored: AuthoredPosts, *, share: float = 0.3, min_groups: int = 5, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Hold out a share of the posts of each author, near-duplicates together.

    Parameters
    ----------
    authored : AuthoredPosts
    share : float
        Of each author's groups; at least one.
    min_groups : int
        Groups that an author needs to be in the test set.
    seed : int

    Returns
    -------
    train, test : numpy.ndarray
        ``(n,)`` bool. Posts of authors with too few groups are in `train`, unless they are in
        a group of `test`.
    """
    rng = np.random.default_rng(seed)
    test_groups: set[int] = set()
    assigned: set[int] = set()
    eligible = np.zeros(len(authored), dtype=bool)
    for user in range(len(authored.names)):
        own_posts = authored.users == user
        groups = np.unique(authored.groups[own_posts])
        if len(groups) < min_groups:
            continue
        eligible |= own_posts
        # A group with several authors is assigned with the first one.
        unassigned = rng.permutation([g for g in groups.tolist() if g not in assigned])
        assigned |= set(unassigned.tolist())
        if len(unassigned) > 1:
            test_groups |= set(unassigned[: max(1, round(share * len(unassigned)))].tolist())
    in_test = np.isin(authored.groups, sorted(test_groups))
    return ~in_test, in_test & eligible
