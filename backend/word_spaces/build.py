"""Learn the word spaces of a corpus: from its own words, from clean text, from the encoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set

import numpy as np
import pyarrow as pa

from backend.core.progress import Progress
from backend.core.vectors import normalize
from backend.corpus import Corpus
from backend.corpus.model_outputs import words_name
from backend.domain import Kind, KindredError
from backend.text.tokens import content_words
from backend.word_spaces import skip_gram
from backend.word_spaces.adapted import adapt
from backend.word_spaces.space import WordSpace, from_rows, to_rows
from backend.word_spaces.vocabulary import read_vectors

METADATA, CLEAN, ADAPTED = "metadata", "clean+metadata", "encoder+metadata"
_MIN_POSTS = 2  # posts that a word must be in
_MIN_POSTS_UNKNOWN = 4  # the same, for a word without a clean vector
_PRUNED = 0.15  # share of the rarest words to drop: "the vocabulary is larger than necessary"
_PULL = 0.3  # how strongly clean vectors are pulled back while the corpus is learnt
_KINDS = (Kind.IMAGE, Kind.AUDIO)
_MIN_ITEMS = 40  # images or sounds to fit a map on
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
        Whose joint vectors of images and sounds are mapped.
    progress : callable, optional

    Returns
    -------
    dict of str to WordSpace
        ``metadata`` and ``clean+metadata``; ``encoder+metadata`` where texts were encoded.

    Raises
    ------
    KindredError
        ``too_few`` when the posts have hardly any words.
    """
    table = corpus.table(["id", "text", "title", "tags", "language"]).sort_by("id")
    columns = ("title", "text", "tags", "language")
    rows = zip(*(table[name].to_pylist() for name in columns), strict=True)
    texts = [tokens(*row) for row in rows]
    ids = table["id"].to_pylist()
    counts = Counter(word for text in texts for word in set(text))
    clean = read_vectors()
    words = vocabulary(counts, set(clean.words))
    if len(words) < 2 * _MIN_POSTS:
        raise KindredError("too_few", f"The corpus {corpus.name} has too few words for a space.")
    row = {word: i for i, word in enumerate(words)}
    posts = [np.array([row[w] for w in t if w in row], dtype=np.int64) for t in texts]
    own_counts = np.array([counts[w] for w in words], dtype=np.int64)
    _report(progress, 1)
    from_metadata = skip_gram.skip_gram(posts, len(words))
    _report(progress, 2)
    clean_mean = clean.vectors.mean(axis=0)
    clean_vectors = dict(zip(clean.words, normalize(clean.vectors - clean_mean), strict=True))
    start = skip_gram.warm_start(words, posts, clean_vectors)
    from_clean = skip_gram.skip_gram(posts, len(words), start=start, pull=_PULL, epochs=8)
    _report(progress, 3)
    other_words = [w for w in clean.words if w not in row]
    all_vectors = np.concatenate(
        [normalize(from_clean), np.stack([clean_vectors[w] for w in other_words])]
    )
    spaces = {
        METADATA: (tuple(words), own_counts, normalize(from_metadata - from_metadata.mean(axis=0))),
        CLEAN: (
            (*words, *other_words),
            np.append(own_counts, np.zeros(len(other_words), dtype=np.int64)),
            all_vectors,
        ),
    }
    word_spaces = {
        name: WordSpace(w, n, v, _maps(corpus, bundle, ids, posts, own_counts, v[: len(words)]))
        for name, (w, n, v) in spaces.items()
    }
    if adapted := adapt(corpus, bundle):
        word_spaces[ADAPTED] = adapted
    _report(progress, 4)
    return word_spaces


def tokens(
    title: str | None, text: str | None, tags: Sequence[str] | None, language: str | None
) -> list[str]:
    """Return the words of a post in order: title, text and tags.

    The title is left out when the text repeats it; so is a word that follows itself.
    """
    body = (text or "").lower()
    parts = [body if title and title.lower() in body else f"{title or ''} {body}".lower()]
    words = content_words(" ".join([*parts, *(tags or ())]), language)
    return [word for i, word in enumerate(words) if i == 0 or word != words[i - 1]]


def vocabulary(counts: Counter[str], clean: Set[str]) -> list[str]:
    """Choose the vocabulary, most frequent words first.

    The rarest words are noise. A word without a clean vector, such as a typing error or a
    name, must be in more posts.
    """
    chosen = [
        w for w, n in counts.items() if n >= (_MIN_POSTS if w in clean else _MIN_POSTS_UNKNOWN)
    ]
    chosen.sort(key=lambda w: (-counts[w], w))
    limit = int(len(counts) * (1 - _PRUNED))
    return chosen[:limit]


def put(corpus: Corpus, bundle: str, spaces: dict[str, WordSpace]) -> None:
    """Store word spaces with a corpus; of the clean words only those that it has learnt."""
    learnt = {}
    for name, space in spaces.items():
        n = int((space.counts > 0).sum())
        learnt[name] = WordSpace(space.words[:n], space.counts[:n], space.vectors[:n], space.maps)
    table = pa.Table.from_pylist(to_rows(learnt), schema=TABLE)
    corpus.write_side_tables({words_name(bundle): table})


def get(corpus: Corpus, bundle: str) -> dict[str, WordSpace]:
    """Read the word spaces of a corpus and add the clean words; empty when there are none."""
    table = corpus.side_table(words_name(bundle))
    if table is None or not len(table):
        return {}
    spaces = from_rows(table.to_pylist())
    clean = read_vectors()
    space = spaces[CLEAN]
    known = set(space.words)
    rows = [i for i, word in enumerate(clean.words) if word not in known]
    others = normalize((clean.vectors - clean.vectors.mean(axis=0))[rows])
    spaces[CLEAN] = WordSpace(
        (*space.words, *(clean.words[i] for i in rows)),
        np.append(space.counts, np.zeros(len(rows), dtype=np.int64)),
        np.concatenate([space.vectors, others]),
        space.maps,
    )
    return spaces


def _maps(
    corpus: Corpus,
    bundle: str,
    ids: list[str],
    posts: Sequence[np.ndarray],
    counts: np.ndarray,
    vectors: np.ndarray,
) -> dict[Kind, np.ndarray]:
    """Fit the matrices from joint vectors of images and sounds to the words of their posts."""
    rarity = np.log(len(posts) / counts)
    targets = np.zeros((len(posts), vectors.shape[1]), dtype=np.float32)
    for i, post in enumerate(posts):
        if len(post):
            words = np.unique(post)
            targets[i] = normalize((rarity[words, None] * vectors[words]).sum(axis=0))
    row = {id_: i for i, id_ in enumerate(ids)}
    matrices = {}
    for kind in _KINDS:
        item_ids, features = corpus.vectors(bundle, kind)
        rows = np.array([row.get(id_, -1) for id_ in item_ids], dtype=np.int64)
        usable = rows >= 0
        usable[usable] = targets[rows[usable]].any(axis=1)
        if usable.sum() >= _MIN_ITEMS:
            matrices[kind] = skip_gram.fit_map(features[usable], targets[rows[usable]])
    return matrices


def _report(progress: Progress | None, done: int) -> None:
    if progress is not None:
        progress(done, 4)
