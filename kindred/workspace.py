"""A workspace: analyse, search, read and show."""

from __future__ import annotations

import re
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

import backend
from backend.core.visitors import as_visitor
from backend.domain import Kind, KindredError
from backend.search import Query, Term, parse
from backend.settings import settings
from backend.workspace.uploads import THIS_PROCESS
from kindred import tables
from kindred.corpus import Corpus
from kindred.media import content, file_bytes
from kindred.page import Page
from kindred.results import Analysis, Hit, Hits, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from backend.core.progress import Progress
    from backend.workspace.batch import Row

BATCH = 32
_FILE = re.compile(r"[^\n]{1,250}\.\w{2,5}$")
_NAME = re.compile(r"[^a-z0-9_-]+")


class Kindred:
    """A workspace with its corpora and models.

    Parameters
    ----------
    home : path, optional
        Its folder; by default the setting ``KINDRED_HOME``.

    Attributes
    ----------
    workspace : backend.workspace.workspace.Workspace
        For everything that has no method here.
    """

    def __init__(self, home: Path | str | None = None) -> None:
        self.workspace = backend.open_workspace(home)
        self._page = Page(self.workspace.home)

    def __repr__(self) -> str:
        return f"<Kindred at {self.workspace.home}: {', '.join(self.corpora())}>"

    # ---- predictions and vectors ---------------------------------------------

    @overload
    def analyse(
        self, post: str | None = None, *, image: Any = None, audio: Any = None
    ) -> Analysis: ...

    @overload
    def analyse(self, post: Any, *, columns: dict[str, str] | None = None) -> pd.DataFrame: ...

    def analyse(
        self,
        post: Any = None,
        *,
        text: str | None = None,
        image: Any = None,
        audio: Any = None,
        columns: dict[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Analysis | pd.DataFrame:
        """Predict emotion and sentiment, of one post or of a table of posts.

        Parameters
        ----------
        post : str, or a table
            A text; or a DataFrame of pandas or Polars, an Arrow table, a data set of Hugging
            Face, a list of texts or of dicts, or the `pathlib.Path` of a table.
        text : str, optional
            The same as `post`, by name.
        image, audio : optional
            A path, bytes, or an open file; an image also as a Pillow image or an array.
        columns : dict, optional
            Which column of a table is the text, the image, the audio, where it is not guessed
            right: ``{"text": "body"}``.
        progress : callable, optional
            Called with the posts done and all posts of a table.

        Returns
        -------
        Analysis or pandas.DataFrame
            For a table a row for each of its rows, in its order and with its index; a row that
            cannot be analysed says why in the column ``error``.
        """
        if tables.is_table(post) or isinstance(post, PathLike):
            if image is not None or audio is not None or text is not None:
                message = "A table brings its images and sounds in columns; leave out the others."
                raise KindredError("wrong_type", message)
            return self._analyse_table(post, columns, progress)
        made = content(*self._one(post, text, image, audio))
        models = self.workspace.models
        explain = partial(self.workspace.explain, made)
        with as_visitor(THIS_PROCESS):
            prediction = models.analyse(made)
            return Analysis.of(prediction, models.features(made).readings, explain)

    analyze = analyse

    def embed(
        self, post: Any = None, *, text: str | None = None, image: Any = None, audio: Any = None
    ) -> np.ndarray:
        """Return the vector of a post in the joint space: ``(dim,)`` float32, unit length.

        A table or a list of texts gives ``(n, dim)``; rows of NaN where there is no vector.
        """
        models = self.workspace.models
        with as_visitor(THIS_PROCESS):
            if not (tables.is_table(post) or isinstance(post, PathLike)):
                made = content(*self._one(post, text, image, audio))
                found = models.embed(made)
                if not found:
                    reasons = " ".join(models.features(made).reasons.values())
                    raise KindredError("not_encoded", reasons)
                return found[Kind.POST]
            rows: list[np.ndarray] = []
            empty = np.full(models.embedder.space.dim, np.nan, dtype=np.float32)
            for batch in self._batches(post, None):
                usable = [row.content for row in batch if row.content is not None]
                vectors = iter(models.embed_many(usable))
                for row in batch:
                    vector = next(vectors) if row.content is not None else None
                    rows.append(vector[Kind.POST] if isinstance(vector, dict) else empty)
            return np.stack(rows)

    def _one(self, post: Any, text: Any, image: Any, audio: Any) -> tuple[Any, Any, Any]:
        if post is not None and text is not None:
            raise KindredError("wrong_type", "Give the text once: analyse(text) or text=.")
        text = text if post is None else post
        if text is not None and not isinstance(text, str):
            message = f"Give a text, or {tables.FORMS}; not {type(text).__name__}."
            raise KindredError("wrong_type", message)
        if text and _FILE.match(text) and not (image or audio) and Path(text).is_file():
            raise KindredError(
                "is_a_file",
                f"{text!r} is a file here, and what comes first is a text. Write image={text!r} or "
                f"audio={text!r}, or pathlib.Path({text!r}) for a table of posts.",
            )
        return text, image, audio

    def _batches(self, data: Any, columns: dict[str, str] | None) -> Any:
        from itertools import islice

        from backend.workspace.table_rows import table_rows

        chosen: dict[str, tuple[str, ...]] = {
            field: (name,) for field, name in (columns or {}).items()
        }
        with tables.as_source(data) as source:
            rows = table_rows(source, chosen)
            while batch := list(islice(rows, BATCH)):
                yield batch

    def _analyse_table(
        self, data: Any, columns: dict[str, str] | None, progress: Progress | None
    ) -> pd.DataFrame:
        import pandas as pd

        index = getattr(data, "index", None)
        total = len(data) if hasattr(data, "__len__") else 0
        records: list[dict[str, Any]] = []
        with as_visitor(THIS_PROCESS):
            for batch in self._batches(data, columns):
                records += self._analyse_batch(batch)
                if progress is not None:
                    progress(len(records), max(total, len(records)))
        frame = pd.DataFrame(records)
        if index is not None and not callable(index) and len(index) == len(frame):
            frame.index = index
        return frame

    def _analyse_batch(self, batch: list[Row]) -> list[dict[str, Any]]:
        usable = [row.content for row in batch if row.content is not None]
        results = iter(self.workspace.models.analyse_many(usable))
        records = []
        for row in batch:
            result = row.error or next(results)
            if isinstance(result, KindredError):
                records.append({"id": row.id, "error": result.message})
                continue
            analysis = Analysis.of(result, {}, _no_explanation)
            records.append({"id": row.id, **analysis.to_dict(), "error": None})
        return records

    # ---- search ----------------------------------------------------------------

    def search(
        self,
        query: str | None = None,
        k: int = 10,
        *,
        kind: str = "post",
        corpus: str | None = None,
        image: Any = None,
        audio: Any = None,
    ) -> Hits:
        """Find posts, users or words near a text, an image or a sound.

        Parameters
        ----------
        query : str, optional
            ``dog``, ``"lonely" + sunset - people``, ``@anna + joy``.
        k : int
            Number of results.
        kind : str
            What to find: ``post``, ``text``, ``image``, ``audio``, ``user`` or ``word``.
        corpus : str, optional
            By default the setting ``KINDRED_CORPUS``.
        image, audio : optional
            A path, bytes, or an open file, added to the query.
        """
        wanted = kind_of(kind)
        if isinstance(k, bool) or not isinstance(k, int) or k < 1:
            raise KindredError("query", f"k is the number of results, 1 or more, not {k!r}.")
        if query is not None and not isinstance(query, str):
            message = f"The query is a text, not {type(query).__name__}; see image= and audio=."
            raise KindredError("query", message)
        terms = list(parse(query).terms) if query else []
        for value, of in ((image, Kind.IMAGE), (audio, Kind.AUDIO)):
            if value is not None:
                data = file_bytes(value, of.value)
                key = self.workspace.read_upload(data, owner=THIS_PROCESS).key
                terms.append(Term(of, key))
        if not terms:
            message = 'Say what to search for: search("dog"), or search(image="a.jpg").'
            raise KindredError("query", message)
        with as_visitor(THIS_PROCESS):
            found = self.workspace.search(Query(tuple(terms)), [wanted], k=k, corpus=corpus)
        ids = [hit.id for hit in found.hits[wanted]]
        is_post = wanted not in (Kind.USER, Kind.WORD)
        posts = self.workspace.posts(ids, corpus) if is_post else {}
        users = self.workspace.users(ids, corpus) if wanted is Kind.USER else {}
        media = partial(self.workspace.media, corpus=corpus)
        hits = [
            Hit(
                h.id, h.kind.value, h.rank, h.score, h.percentile,
                posts.get(h.id), users.get(h.id), media,
            )
            for h in found.hits[wanted]
        ]  # fmt: skip
        return Hits(hits, found.candidates[wanted])

    # ---- corpora ----------------------------------------------------------------

    def corpora(self) -> list[str]:
        """Return the names of the corpora, the shipped one first."""
        return self.workspace.corpora()

    def corpus(self, name: str | None = None) -> Corpus:
        """Open a corpus, by default that of the setting ``KINDRED_CORPUS``.

        Raises
        ------
        KindredError
            ``no_corpus``, listing the corpora.
        """
        name = name or settings().corpus
        self.workspace.corpus(name)
        return Corpus(self, name)

    def read(
        self,
        data: Any,
        name: str | None = None,
        *,
        columns: dict[str, str] | None = None,
        progress: Progress | None = None,
        **options: Any,
    ) -> Corpus:
        """Import posts into a corpus, which is created if needed.

        Parameters
        ----------
        data
            A path of anything that ``kindred ingest`` reads, a DataFrame of pandas or Polars, an
            Arrow table, a data set of Hugging Face, or a list of dicts or texts.
        name : str, optional
            Of the corpus; by default that of the file.
        columns : dict, optional
            Which column is which field, where it is not guessed right: ``{"text": "body"}``.
        progress : callable, optional
            Called with the posts done and all posts.
        **options
            Fields of `backend.ingest.Options`, such as ``pseudonymise=True``.

        Returns
        -------
        Corpus
            Its `report` says what was read, and what was left out and why.
        """
        if name is None:
            if not isinstance(data, str | PathLike):
                raise KindredError("bad_name", 'Name the corpus: read(data, name="mine").')
            name = _NAME.sub("-", Path(data).stem.lower()).strip("-_")[:48] or "mine"
        from kindred.importing import read_source

        with tables.as_source(data) as source:
            report = read_source(self.workspace, source, name, columns or {}, options, progress)
        return Corpus(self, name, report)

    def map(self, corpus: str | None = None, *, kind: str = "post", **options: Any) -> pd.DataFrame:
        """Return the map of a corpus; see `Corpus.map`."""
        return self.corpus(corpus).map(kind, **options)

    # ---- pages -------------------------------------------------------------------

    def show(self, page: str = "", *, browser: bool = True, **state: Any) -> str:
        """Open a page of the app at a state, and return its address.

        The app is started if it does not run yet, and ends with this process.

        Parameters
        ----------
        page : str
            Such as ``search``, ``posts``, ``users``, ``analyse``, ``errors``; by default Overview.
        browser : bool
            Open it in a browser.
        **state
            Parameters of its address: ``show("search", q="dog", corpus="mine")``.
        """
        return self._page.show(page, state, browser=browser)


def _no_explanation(_target: str | None) -> Any:
    raise KindredError("not_explained", "Analyse the post alone, then call explain().")
