"""The full-text index of a corpus: a Lance table of tokens, derived from the posts.

It lies beside the corpus and can always be built again. A search reads the version that
was opened; posts that came since are added before the next one. What a search returns of a
post lies in a file of its own (`backend.corpus.text_rows`).
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from backend.core.files import write_json
from backend.core.progress import Progress
from backend.corpus import tables, text_rows
from backend.corpus.store import lock
from backend.corpus.text_rows import TextRows
from backend.domain import KindredError
from backend.text.compounds import indexed_words

if TYPE_CHECKING:
    from lancedb.table import AsyncTable, Table

    from backend.corpus.corpus import Corpus

FORMAT = 3
HEAD, LOCK, TABLE = "head.json", ".lock", "words"
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("added", pa.int64()),  # microseconds; 0: shipped
        ("group", pa.string()),
        ("words", pa.string()),
    ]
)
_COLUMNS = ("id", "title", "text", "tags", "written", "said", "user", "language", "group", "added")
_ROWS = 5_000  # tokenised at a time
_OUTSIDE = 1_000  # rows added since the table was indexed; a search reads them one by one
_TOKENISED = 0.8  # of the time of a build; indexing the tokens takes the rest

# Words of what a classifier is sure to see in images, by post id.
Seen = Callable[[Sequence[str]], dict[str, str]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FullTextHead:
    """What the index was built from.

    Attributes
    ----------
    base : str
        Corpus and bundle; another one means that the index is built again.
    version : str
        Of the posts and readings.
    folder : str
        Where the tokens are.
    table : int
        Version of their table that is read: a later one may be half written.
    """

    base: str
    version: str
    folder: str
    table: int
    format: int = FORMAT


@dataclass(frozen=True, slots=True, eq=False)
class TextHits:
    """Posts with words of a query, best first.

    Attributes
    ----------
    ids : list of str
    scores : numpy.ndarray
        ``(n,)`` BM25.
    words : list of str
        The tokens of each, joined by spaces.
    groups : list of str
        The duplicate group of each.
    """

    ids: list[str]
    scores: np.ndarray
    words: list[str]
    groups: list[str]


class FullText:
    """A full-text index in a folder.

    Parameters
    ----------
    folder : pathlib.Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def head(self) -> FullTextHead | None:
        """Return what the index was built from; None if there is none."""
        try:
            raw = json.loads((self.folder / HEAD).read_text("utf-8"))
            return FullTextHead(**raw) if raw.get("format") == FORMAT else None
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def is_current(self, corpus: Corpus, bundle: str) -> bool:
        """Whether the index has all posts of a corpus as they are."""
        head = self.head()
        return head is not None and (head.base, head.version) == _versions(corpus, bundle)

    def make(
        self, corpus: Corpus, bundle: str, seen: Seen, *, progress: Progress | None = None
    ) -> None:
        """Build the index, or add the posts that came since.

        Parameters
        ----------
        corpus : Corpus
            A snapshot.
        bundle : str
            Whose classifier `seen` asks.
        seen : callable
        progress : callable, optional
            Called with posts done and all posts.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with lock(self.folder / LOCK, f"The full-text index of {corpus.name}"):
            head = self.head()
            base, version = _versions(corpus, bundle)
            made = None
            if head is not None and head.base == base:
                if head.version == version:
                    return
                try:
                    made = self._update(head, corpus, seen, progress)
                except (OSError, ValueError, RuntimeError, KindredError) as error:
                    log.warning("the full-text index is built again: %s", type(error).__name__)
            folder, table = made or self._build(corpus, seen, progress)
            text_rows.write(table, _rows_file(folder, table.version))
            new = FullTextHead(base, version, folder.name, table.version)
            write_json(self.folder / HEAD, asdict(new))
            self._tidy(new, head)

    def open(self) -> FullTextReader | None:
        """Open the index as it is; None if there is none."""
        head = self.head()
        if head is None:
            return None
        folder = self.folder / head.folder
        try:
            table = _open(folder, head.table)
            return FullTextReader(table, TextRows.open(_rows_file(folder, head.table)))
        except (OSError, ValueError, RuntimeError):
            return None

    def _build(self, corpus: Corpus, seen: Seen, progress: Progress | None) -> tuple[Path, Table]:
        total = corpus.info().posts
        folder = self._new_folder()
        table = _connect(folder).create_table(TABLE, _SCHEMA.empty_table())
        for done, rows in _rows(corpus, None, seen):
            table.add(rows)
            if progress is not None:
                progress(int(_TOKENISED * done), total)
        _index(table)
        if progress is not None:
            progress(total, total)
        return folder, table

    def _update(
        self, head: FullTextHead, corpus: Corpus, seen: Seen, progress: Progress | None
    ) -> tuple[Path, Table]:
        folder = self.folder / head.folder
        table = _connect(folder).open_table(TABLE)
        now = corpus.table(["id", "added"])
        before = tables.read(table, ["id", "added"], None)
        same = np.isin(_keys(before["id"], before["added"]), _keys(now["id"], _micros(now)))
        gone = before["id"].filter(pa.array(~same)).to_pylist()
        for chunk in tables.chunks(gone):
            table.delete(tables.one_of("id", chunk))
        kept = before["id"].filter(pa.array(same))
        new = now["id"].filter(pc.invert(pc.is_in(now["id"], value_set=kept.combine_chunks())))
        for done, rows in _rows(corpus, new.to_pylist(), seen):
            table.add(rows)
            if progress is not None:
                progress(done, len(new))
        indexed = table.index_stats("words_idx")
        if indexed is not None and indexed.num_unindexed_rows + len(gone) < _OUTSIDE:
            return folder, table
        # A new table: who reads the old one can go on, and its older versions go with it.
        folder = self._new_folder()
        again = _connect(folder).create_table(TABLE, table.search().to_batches())
        _index(again)
        return folder, again

    def _new_folder(self) -> Path:
        numbers = (p.name[5:] for p in self.folder.glob("data-*"))
        number = 1 + max((int(each) for each in numbers if each.isdigit()), default=0)
        return self.folder / f"data-{number}"

    def _tidy(self, new: FullTextHead, old: FullTextHead | None) -> None:
        """Remove what neither the new head nor the one before it names."""
        kept = {(head.folder, head.table) for head in (new, old) if head is not None}
        for folder in self.folder.glob("data-*"):
            if folder.name not in {name for name, _ in kept}:
                shutil.rmtree(folder, ignore_errors=True)
                continue
            files = {_rows_file(folder, table) for name, table in kept if name == folder.name}
            for file in set(folder.glob("rows-*")) - files:
                file.unlink(missing_ok=True)


class FullTextReader:
    """An opened full-text index. Safe to share between threads."""

    def __init__(self, table: AsyncTable, rows: TextRows) -> None:
        self._table, self._rows = table, rows

    def __len__(self) -> int:
        return len(self._rows)

    def search(
        self, tokens: Sequence[str], limit: int, *, allowed: Sequence[str] | None = None
    ) -> TextHits:
        """Find posts with any of some tokens, by BM25; of few ids where `allowed` says so."""
        from lancedb.query import MatchQuery

        query = MatchQuery(" ".join(tokens), "words")  # type: ignore[call-arg]  # defaults exist
        return self._found(query, limit, allowed)

    def phrase(
        self, tokens: Sequence[str], limit: int, *, allowed: Sequence[str] | None = None
    ) -> TextHits:
        """Find posts with tokens directly after one another."""
        from lancedb.query import PhraseQuery

        query = PhraseQuery(" ".join(tokens), "words")  # type: ignore[call-arg]  # defaults exist
        return self._found(query, limit, allowed)

    def _found(self, query: Any, limit: int, allowed: Sequence[str] | None) -> TextHits:
        from lancedb.background_loop import LOOP

        search = self._table.query().nearest_to_text(query).select(["_rowid", "_score"])
        if allowed is not None:
            search = search.where(tables.one_of("id", allowed))
        # One change of threads; the blocking interface makes six, a millisecond each.
        found = LOOP.run(search.limit(limit).to_arrow())
        rows = self._rows.take(found["_rowid"].to_numpy())
        scores = found["_score"].to_numpy().astype(np.float64)
        ids = rows["id"].to_pylist()
        order = sorted(range(len(ids)), key=lambda i: (-scores[i], ids[i]))  # ties by id
        words, groups = rows["words"].to_pylist(), rows["group"].to_pylist()
        return TextHits(
            [ids[i] for i in order],
            scores[order],
            [words[i] for i in order],
            [groups[i] or ids[i] for i in order],
        )


def _connect(folder: Path) -> Any:
    from backend.corpus.lance import lancedb  # takes a second, so import late

    return lancedb.connect(str(folder))


def _open(folder: Path, version: int) -> AsyncTable:
    from lancedb.background_loop import LOOP

    from backend.corpus.lance import lancedb

    async def at_version() -> AsyncTable:
        database = await lancedb.connect_async(str(folder))
        table = await database.open_table(TABLE)
        await table.checkout(version)
        return table

    return LOOP.run(at_version())


def _rows_file(folder: Path, version: int) -> Path:
    return folder / f"rows-{version}.arrow"


def _index(table: Table) -> None:
    from lancedb.index import FTS, BTree

    # Everything that languages differ in was done by `indexed_words`.
    config = FTS(
        base_tokenizer="whitespace",
        lower_case=False,
        stem=False,
        remove_stop_words=False,
        ascii_folding=False,
        with_position=True,
    )
    table.create_index("words", config=config, replace=True)
    table.create_index("id", config=BTree(), replace=True)  # what is allowed is given by id


def _versions(corpus: Corpus, bundle: str) -> tuple[str, str]:
    """What the index depends on: its base, and the version of the posts."""
    head = corpus.head
    versions = (head.tables.get("posts", 0), head.tables.get("readings", 0))
    return f"{head.uid}:{head.origin}:{bundle}", ":".join(map(str, versions))


def _rows(corpus: Corpus, ids: Sequence[str] | None, seen: Seen) -> Iterator[tuple[int, pa.Table]]:
    """Yield rows of the index for some posts (None: all), and how many posts are done."""
    posts = corpus.table(_COLUMNS, ids=ids)
    names = corpus.user_names()
    for start in range(0, len(posts), _ROWS):
        part = posts.slice(start, _ROWS)
        concepts = seen(part["id"].to_pylist())
        words = [
            indexed_words(
                [
                    *(row[column] for column in ("title", "text", "written", "said")),
                    *(row["tags"] or ()),
                    f"@{name}" if (name := names.get(row["user"])) else None,
                    concepts.get(row["id"]),
                ],
                row["language"],
            )
            for row in part.to_pylist()
        ]
        columns = [part["id"], _micros(part), part["group"], pa.array(words, pa.string())]
        yield start + len(part), pa.table(columns, schema=_SCHEMA)


def _micros(posts: pa.Table) -> pa.ChunkedArray:
    return pc.fill_null(posts["added"].cast(pa.int64()), 0)


def _keys(ids: pa.ChunkedArray, added: pa.ChunkedArray) -> np.ndarray:
    return np.array([f"{a}:{i}" for i, a in zip(ids.to_pylist(), added.to_pylist(), strict=True)])
