"""Posts with their authors, as encoder features: what a space of users learns from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from backend.domain import Modality
from backend.joint_space.pairs import codes
from backend.settings import ASSETS
from backend.training.feature_cache import FeatureCache

if TYPE_CHECKING:
    from backend.corpus import Corpus
    from backend.encoders import Encoder


@dataclass(frozen=True, slots=True, eq=False)
class AuthoredPosts:
    """Posts whose authors are known.

    Attributes
    ----------
    names : tuple of str
        The users, sorted; their place is their code.
    users, groups : numpy.ndarray
        ``(n,)`` int64 codes. Posts of one group show the same thing.
    sources : numpy.ndarray
        ``(n,)`` str.
    features : mapping of str to numpy.ndarray
        By modality ``(n, d)`` float32, rows of NaN where a post has none. A text is what a post
        says, without its tags: those are what interests are measured by.
    tags : tuple of frozenset of str
        Each post's.
    """

    names: tuple[str, ...]
    users: np.ndarray
    groups: np.ndarray
    sources: np.ndarray
    features: Mapping[str, np.ndarray]
    tags: tuple[frozenset[str], ...]

    def __len__(self) -> int:
        return len(self.users)

    def has(self, modality: str) -> np.ndarray:
        """``(n,)`` bool."""
        return ~np.isnan(self.features[modality][:, 0])

    def only(self, modality: str) -> AuthoredPosts:
        """The same posts with all other modalities taken away."""
        hidden = {
            m: x if m == modality else np.full_like(x, np.nan) for m, x in self.features.items()
        }
        return replace(self, features=hidden)

    def carries(self, tags: Sequence[str]) -> np.ndarray:
        """Which posts carry which tags, ``(n, tags)`` bool."""
        return np.array([[tag in some for tag in tags] for some in self.tags], dtype=bool)


def shipped(
    encoders: Mapping[Modality, Encoder],
    *,
    cache: FeatureCache | None = None,
    assets: Path = ASSETS,
) -> AuthoredPosts:
    """The shipped posts, and the further drawings by people whose names are known."""
    rows: list[dict[str, Any]] = []
    for row in pq.read_table(assets / "corpus" / "posts.parquet").to_pylist():
        # OpenMoji's texts list the tags, so its titles stand for them.
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
    """The posts of an imported corpus whose authors are known, a YFCC100M table for one."""
    wanted = ["id", "text", "title", "image", "audio", "user", "tags", "group", "source"]
    rows = []
    for row in corpus.table(wanted).sort_by("id").to_pylist():
        if row["user"]:
            made = _row(row, row["text"] or row["title"], row["user"], Path())
            for name in ("image", "audio"):
                made[name] = corpus.media_path(row[name]) if row[name] else None
            rows.append(made)
    return _encode(rows, encoders, cache or FeatureCache())


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
    rows: Sequence[Mapping[str, Any]], encoders: Mapping[Modality, Encoder], cache: FeatureCache
) -> AuthoredPosts:
    features = {}
    for modality in Modality:
        encoder = encoders[modality]
        have = [i for i, row in enumerate(rows) if row[modality.value]]
        features[modality.value] = np.full((len(rows), encoder.dim), np.nan, dtype=np.float32)
        items = [rows[i][modality.value] for i in have]
        features[modality.value][have] = (
            cache.texts(encoder, items)
            if modality is Modality.TEXT
            else cache.media(encoder, items)
        )
    names = tuple(sorted({row["user"] for row in rows}))
    place = {name: i for i, name in enumerate(names)}
    return AuthoredPosts(
        names=names,
        users=np.array([place[row["user"]] for row in rows], dtype=np.int64),
        groups=codes([row["group"] for row in rows]),
        sources=np.array([row["source"] for row in rows], dtype=object),
        features=features,
        tags=tuple(row["tags"] for row in rows),
    )


def held_out(
    authored: AuthoredPosts, *, share: float = 0.3, least: int = 5, seed: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Hold out a share of what each author made, near-duplicates together.

    Parameters
    ----------
    authored : AuthoredPosts
    share : float
        Of each author's groups; at least one.
    least : int
        Groups that an author must have to be asked about.
    seed : int

    Returns
    -------
    train, test : numpy.ndarray
        ``(n,)`` bool. Posts of authors with too few are in `train`, unless they look like one
        in `test`.
    """
    rng = np.random.default_rng(seed)
    chosen: set[int] = set()
    dealt: set[int] = set()
    able = np.zeros(len(authored), dtype=bool)
    for user in range(len(authored.names)):
        mine = authored.users == user
        groups = np.unique(authored.groups[mine])
        if len(groups) < least:
            continue
        able |= mine
        # A thing that two authors made was dealt with the first.
        free = rng.permutation([g for g in groups.tolist() if g not in dealt])
        dealt |= set(free.tolist())
        if len(free) > 1:
            chosen |= set(free[: max(1, round(share * len(free)))].tolist())
    out = np.isin(authored.groups, sorted(chosen))
    return ~out, out & able
