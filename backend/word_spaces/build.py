"""Making the word spaces of a corpus: its own words alone, and after clean text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence, Set

import numpy as np
import pyarrow as pa

from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.model_outputs import words_name
from backend.domain import Kind, KindredError
from backend.text.tokens import content_words
from backend.word_spaces import skip_gram
from backend.word_spaces.space import WordSpace, from_rows, to_rows
from backend.word_spaces.vocabulary import read_vectors

Progress = Callable[[int, int], None]

METADATA, CLEAN = "metadata", "clean+metadata"
_LEAST = 2  # posts that a word must be in
_LEAST_ODD = 4
_PRUNED = 0.15  # share of the words, the rarest, that "the vocabulary is larger than necessary" by
_PULL = 0.3  # how strongly clean vectors are held while the corpus's words are learnt
_KINDS = (Kind.IMAGE, Kind.AUDIO)
_FEWEST = 40  # items that a map is fitted on
TABLE = pa.schema(
    [
        ("space", pa.string()),
        ("words", pa.list_(pa.string())),
        ("counts", pa.list_(pa.int64())),
        ("arrays", pa.large_binary()),
    ]
)


def make(corpus: Corpus, bundle: str, *, progress: Progress | None = None) -> dict[str, WordSpace]:
    """Learn the word spaces of a corpus.

    Parameters
    ----------
    corpus : Corpus
    bundle : str
        Whose joint vectors images and sounds are mapped from.
    progress : callable, optional

    Returns
    -------
    dict of str to WordSpace
        ``metadata`` and ``clean+metadata``.

    Raises
    ------
    KindredError
        ``too_few`` when the posts have next to no words.
    """
    table = corpus.table(["id", "text", "title", "tags", "language"]).sort_by("id")
    columns = ("title", "text", "tags", "language")
    rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
    texts = [tokens(*row) for row in rows]
    ids = table["id"].to_pylist()
    counts = Counter(word for text in texts for word in set(text))
    clean = read_vectors()
    words = vocabulary(counts, set(clean.words))
    if len(words) < 2 * _LEAST:
        raise KindredError("too_few", f"The corpus {corpus.name} has too few words for a space.")
    place = {word: i for i, word in enumerate(words)}
    posts = [np.array([place[w] for w in t if w in place], dtype=np.int64) for t in texts]
    own = np.array([counts[w] for w in words], dtype=np.int64)
    _tell(progress, 1)
    learnt = skip_gram.skip_gram(posts, len(words))
    _tell(progress, 2)
    middle = clean.vectors.mean(axis=0)
    known = dict(zip(clean.words, normalize(clean.vectors - middle), strict=True))
    start = skip_gram.warm_start(words, posts, known)
    warm = skip_gram.skip_gram(posts, len(words), start=start, pull=_PULL, epochs=8)
    _tell(progress, 3)
    others = [w for w in clean.words if w not in place]
    whole = np.concatenate([normalize(warm), np.stack([known[w] for w in others])])
    spaces = {
        METADATA: (tuple(words), own, normalize(learnt - learnt.mean(axis=0))),
        CLEAN: ((*words, *others), np.append(own, np.zeros(len(others), dtype=np.int64)), whole),
    }
    made = {
        name: WordSpace(w, n, v, _maps(corpus, bundle, ids, posts, own, v[: len(words)]))
        for name, (w, n, v) in spaces.items()
    }
    _tell(progress, 4)
    return made


def tokens(
    title: str | None, text: str | None, tags: Sequence[str] | None, language: str | None
) -> list[str]:
    """The words of a post in their order, each word of its tags among them.

    Unlike a set of terms this keeps repetition out only where text repeats the title.
    """
    said = (text or "").lower()
    whole = [said if title and title.lower() in said else f"{title or ''} {said}".lower()]
    found = content_words(" ".join([*whole, *(tags or ())]), language)
    return [word for i, word in enumerate(found) if i == 0 or word != found[i - 1]]


def vocabulary(counts: Counter[str], clean: Set[str]) -> list[str]:
    """The words that are kept, most frequent first.

    The rarest are noise; one that clean text does not have, a slip or a name,
    needs more posts to be told from it.
    """
    there = [w for w, n in counts.items() if n >= (_LEAST if w in clean else _LEAST_ODD)]
    there.sort(key=lambda w: (-counts[w], w))
    least = int(len(counts) * (1 - _PRUNED))
    return there[:least]


def put(corpus: Corpus, bundle: str, spaces: dict[str, WordSpace]) -> None:
    """Keep word spaces with a corpus; of clean words only those that it has learnt anew."""
    kept = {}
    for name, space in spaces.items():
        n = int((space.counts > 0).sum())
        kept[name] = WordSpace(space.words[:n], space.counts[:n], space.vectors[:n], space.maps)
    corpus.write_side_tables(
        {words_name(bundle): pa.Table.from_pylist(to_rows(kept), schema=TABLE)}
    )


def get(corpus: Corpus, bundle: str) -> dict[str, WordSpace]:
    """The word spaces that are kept with a corpus, clean words added; none when there is none."""
    table = corpus.side_table(words_name(bundle))
    if table is None or not len(table):
        return {}
    found = from_rows(table.to_pylist())
    clean = read_vectors()
    space = found[CLEAN]
    there = set(space.words)
    rows = [i for i, word in enumerate(clean.words) if word not in there]
    others = normalize((clean.vectors - clean.vectors.mean(axis=0))[rows])
    found[CLEAN] = WordSpace(
        (*space.words, *(clean.words[i] for i in rows)),
        np.append(space.counts, np.zeros(len(rows), dtype=np.int64)),
        np.concatenate([space.vectors, others]),
        space.maps,
    )
    return found


def _maps(
    corpus: Corpus,
    bundle: str,
    ids: list[str],
    posts: Sequence[np.ndarray],
    counts: np.ndarray,
    vectors: np.ndarray,
) -> dict[Kind, np.ndarray]:
    """For images and sounds the matrix from joint vectors to the words of their posts."""
    rarity = np.log(len(posts) / counts)
    targets = np.zeros((len(posts), vectors.shape[1]), dtype=np.float32)
    for i, post in enumerate(posts):
        if len(post):
            some = np.unique(post)
            targets[i] = normalize((rarity[some, None] * vectors[some]).sum(axis=0))
    at = {id_: i for i, id_ in enumerate(ids)}
    found = {}
    for kind in _KINDS:
        there, features = corpus.vectors(bundle, kind)
        rows = np.array([at.get(id_, -1) for id_ in there], dtype=np.int64)
        good = rows >= 0
        good[good] = targets[rows[good]].any(axis=1)
        if good.sum() >= _FEWEST:
            found[kind] = skip_gram.fit_map(features[good], targets[rows[good]])
    return found


def _tell(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress(done, 4)
