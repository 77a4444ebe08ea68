"""The workspace that pages, command line and HTTP use.

Opening a workspace is cheap; models are loaded on first use.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.bundles.active import bundle_path, fitted_name
from backend.bundles.bundle import Bundle, open_bundle, wanted_encoders
from backend.core import device as devices
from backend.core.files import storing
from backend.core.lru import LRU
from backend.core.process_tuning import tune_process
from backend.core.writable import check_writable
from backend.corpus import Corpus
from backend.corpus.encodings import OWN
from backend.corpus.readings import PostReadings
from backend.corpus.remote import corpus_location, is_remote
from backend.domain import (
    Affect,
    Content,
    Explanation,
    Hit,
    Kind,
    KindredError,
    Modality,
    Post,
    Prediction,
    User,
)
from backend.media import clean_text
from backend.search import Filter, Query, Searcher, SearchResult, parse
from backend.search.facets import Facets, facets
from backend.search.hybrid.searcher import HybridSearcher
from backend.settings import ASSETS, SHIPPED_CORPORA, SHIPPED_CORPUS, settings
from backend.workspace.add_post import add_post
from backend.workspace.corpus_models import CorpusModels
from backend.workspace.examples import EXAMPLES, Example
from backend.workspace.loaded_models import LoadedModels
from backend.workspace.moments import Moment, moments
from backend.workspace.overview import Overview, OverviewCache, Source
from backend.workspace.query_encoder import STORED, QueryEncoder
from backend.workspace.uploads import Upload, Uploads
from backend.workspace.visitor_memory import VisitorMemory

if TYPE_CHECKING:
    from backend.affect.irony import Contrast
    from backend.core.progress import Progress
    from backend.evaluation import Options
    from backend.metrics.result import ResultTable


class Workspace(CorpusModels):
    """A workspace directory with its corpora and bundles.

    Parameters
    ----------
    home : pathlib.Path, optional
        Default: the setting ``KINDRED_HOME``.

    Notes
    -----
    Safe to share between threads; the pages share one between all visitors.
    """

    def __init__(self, home: Path | None = None) -> None:
        tune_process()  # for programs that use Kindred as a library
        super().__init__()
        self.home = home or settings().home
        self.uploads = Uploads(self.home / "uploads")
        self.remote = [uri for uri in [settings().corpus] if is_remote(uri)]  # that may be opened
        self._corpora: LRU[str, Corpus] = LRU()
        self._searchers: dict[str, Searcher] = {}
        self._overviews = OverviewCache()
        self.visitor_memory = VisitorMemory()

    # ---- corpora, bundle and models ------------------------------------------

    def corpora(self) -> list[str]:
        """Return the names of the corpora, the shipped ones first."""
        folder = self.home / "corpora"
        own = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
        own = [n for n in own if n not in SHIPPED_CORPORA and not n.startswith(".")]
        return [*SHIPPED_CORPORA, *own, *self.remote]

    def has_corpus(self, name: str) -> bool:
        """Whether `corpora` lists a name; it looks at no other corpus."""
        if name in SHIPPED_CORPORA or name in self.remote:
            return True
        if not name or Path(name).name != name or name.startswith("."):
            return False
        try:
            return (self.home / "corpora" / name).is_dir()
        except OSError:  # no folder can be called so
            return False

    def corpus(self, name: str | None = None) -> Corpus:
        """Open a corpus; a shipped one is imported at first use.

        Raises
        ------
        KindredError
            ``no_corpus``, listing the corpora.
        """
        name = name or settings().corpus
        return self._corpora.get_or_make(name, lambda: self._open(name))

    def _open(self, name: str) -> Corpus:
        path = corpus_location(self.home, name)
        if assets := SHIPPED_CORPORA.get(name):
            with storing("The corpus that comes with Kindred could not be copied"):
                return Corpus.import_shipped(assets, path, name=name)
        if self.has_corpus(name):
            return Corpus.open(path)
        known = ", ".join(self.corpora())
        raise KindredError("no_corpus", f"There is no corpus {name!r}; choose one of {known}.")

    def evict(self, corpus: str) -> None:
        """Close a corpus that has changed or was deleted; it is opened again on next use."""
        self._overviews.evict(corpus)
        self._corpora.evict(corpus)
        with self._lock:
            uri = str(corpus_location(self.home, corpus))
            for key in [k for k in self._searchers if k.startswith(f"{uri}|")]:
                del self._searchers[key]

    def fit(self, *, name: str | None = None, **options: Any) -> Bundle:
        """Train a bundle for the encoders in the settings; see `bundle_recipe.fit`."""
        from backend.workspace import bundle_recipe

        encoders = wanted_encoders(open_bundle(bundle_path(self.home, settings().bundle)))
        bundle = bundle_recipe.fit(
            self.corpus(),
            encoders,
            name=name or fitted_name(self.home, encoders),
            folder=self.home / "bundles",
            **options,
        )
        self.reload()
        return bundle

    def overview(self, corpus: str | None = None) -> Overview:
        """Describe a corpus and the bundle, without loading models; cached until a change."""
        device = devices.probe(settings().device)
        name = corpus or settings().corpus  # a copied corpus is named by its folder
        return self._overviews.describe(name, self.corpus(corpus), self.bundle, device)

    # ---- uploads and analysis ------------------------------------------------

    def read_upload(self, data: bytes, name: str = "", *, owner: str) -> Upload:
        """Decode an uploaded file and store it under a key of its owner; see `Uploads.add`.

        Raises
        ------
        KindredError
            When it cannot be read.
        """
        try:
            return self.uploads.add(data, owner=owner)
        except KindredError as error:
            if name:
                raise KindredError(error.code, f"{Path(name).name}: {error.message}") from None
            raise

    def upload(self, key: str) -> Upload:
        """Return an upload by its key."""
        return self.uploads.get(key)

    def content(
        self, text: str | None = None, image_key: str | None = None, audio_key: str | None = None
    ) -> Content:
        """Return the content to analyse from the input of a page.

        Raises
        ------
        KindredError
            ``empty`` without any input; else as `upload` and `clean_text`.
        """
        image = self.upload(image_key).image if image_key else None
        audio = self.upload(audio_key).audio if audio_key else None
        if image_key and not audio_key:
            audio = self.upload(image_key).audio  # the soundtrack of a video
        content = Content(
            text=(clean_text(text) or None) if text else None, image=image, audio=audio
        )
        if not content.modalities:
            raise KindredError("empty", "Enter a text, or add an image or a sound.")
        return content

    def analyse(self, content: Content) -> Prediction:
        """Predict emotion and sentiment from every subset of the modalities.

        Raises
        ------
        KindredError
            ``not_encoded`` when none of the modalities could be encoded.
        """
        return self.models.analyse(content)

    def analyse_many(
        self, contents: Sequence[Content], readings: Sequence[PostReadings] | None = None
    ) -> list[Prediction | KindredError]:
        """As `analyse`, for many posts, and readings made before; errors replace predictions."""
        return self.models.analyse_many(contents, readings)

    def readings(self, content: Content) -> PostReadings:
        """Return what is written in the image and said in the sound of a post."""
        return self.models.features(content).readings

    def moments(self, content: Content, readings: PostReadings) -> tuple[Moment, ...]:
        """Predict the parts of a sound or a video, of which the readings are known."""
        return moments(self.models, content, readings)

    def explain(self, content: Content, target: str | None = None) -> Explanation:
        """Explain the prediction of a post, by default its strongest emotion."""
        models = self.models
        return models.explain(content, models.features(content), target)

    def contrast(self, content: Content) -> Contrast | None:
        """Compare the words of a post with its emoji, as a hint of irony; None without either."""
        return self.models.contrast(content)

    def reasons(self, content: Content) -> Mapping[Modality, str]:
        """Return why present modalities could not be used."""
        return self.models.features(content).reasons

    def embed_many(
        self, contents: Sequence[Content], readings: Sequence[PostReadings] | None = None
    ) -> list[dict[Kind, np.ndarray] | KindredError]:
        """Return joint vectors of each post and its modalities, or why there are none."""
        return self.models.embed_many(contents, readings)

    def nearest(
        self, content: Content, k: int = 6, corpus: str | None = None
    ) -> dict[Kind, list[Hit]]:
        """Return posts, users and words near a post that is not in the corpus."""
        encoder = self._query_encoder(corpus)
        near = dict(encoder.searcher.search(encoder.encode_post(content), STORED, k=k).hits)
        placed = encoder.place_post(content)
        if placed is not None:
            near |= encoder.searcher.near_users(placed, k=k).hits
        return near

    def examples(self) -> list[Example]:
        """Return example posts with their media as uploads."""
        corpus = self.corpus(SHIPPED_CORPUS)

        def keep(post: str | None, modality: Modality) -> str | None:
            return self.uploads.keep(corpus.media_of(post, modality)) if post else None

        def keys(example: Example) -> tuple[str | None, str | None]:
            if example.clip:
                key = self.uploads.keep(ASSETS / "corpus" / "clips" / f"{example.clip}.webm")
                return key, key
            return keep(example.image, Modality.IMAGE), keep(example.audio, Modality.AUDIO)

        return [
            replace(example, image_key=image, audio_key=audio)
            for example in EXAMPLES
            for image, audio in [keys(example)]
        ]

    # ---- search --------------------------------------------------------------

    def search(
        self,
        query: Query | str,
        targets: Sequence[Kind],
        k: int = 10,
        filters: Filter | None = None,
        corpus: str | None = None,
        *,
        distinct: bool = True,
    ) -> SearchResult:
        """Search across text, images, sounds, users and words.

        Parameters
        ----------
        query : Query or str
            In the syntax of `backend.search.parse`.
        targets : sequence of Kind
        k : int
            Hits for each target.
        filters : Filter, optional
        corpus : str, optional
        distinct : bool
            Whether posts that are nearly the same are one hit.

        Returns
        -------
        SearchResult
            Hits ranked within each target.
        """
        parsed = parse(query) if isinstance(query, str) else query
        encoder = self._query_encoder(corpus)
        hybrid = HybridSearcher(encoder.searcher)
        return hybrid.search(
            encoder.encode(parsed),
            list(targets),
            k=k,
            filters=filters,
            line=parsed,
            distinct=distinct,
        )

    def facets(self, ids: Sequence[str], corpus: str | None = None) -> Facets:
        """Count what posts have in common: emotions, languages, sources, authors, times."""
        return facets(self.corpus(corpus).snapshot(), self.bundle_of(corpus), ids)

    def _query_encoder(self, corpus: str | None) -> QueryEncoder:
        models = self.models_of(corpus)
        bundle = models.bundle.name if isinstance(models, LoadedModels) else OWN
        return QueryEncoder(self._searcher_of(corpus, bundle), models, self.uploads)

    def searcher(self, corpus: str | None = None) -> Searcher:
        """Return what searches a corpus by its vectors; shared, and kept open."""
        return self._searcher_of(corpus, self.bundle_of(corpus))

    def _searcher_of(self, corpus: str | None, bundle: str) -> Searcher:
        opened = self.corpus(corpus)
        with self._lock:
            key = f"{opened.uri}|{bundle}"
            if key not in self._searchers:
                self._searchers[key] = Searcher(opened, bundle, centre=True)
            return self._searchers[key]

    # ---- posts and users -----------------------------------------------------

    def posts(self, ids: Sequence[str], corpus: str | None = None) -> dict[str, Post]:
        """Posts by id; unknown ids are left out."""
        return self.corpus(corpus).posts(ids)

    def users(self, ids: Sequence[str], corpus: str | None = None) -> dict[str, User]:
        """Users by id; unknown ids are left out."""
        return self.corpus(corpus).users(ids)

    def user(self, id: str, corpus: str | None = None) -> User:
        """One user."""
        return self.corpus(corpus).user(id)

    def find_users(self, text: str = "", limit: int = 20, corpus: str | None = None) -> list[User]:
        """Users whose name has a text anywhere, most posts first; accents do not matter."""
        return self.corpus(corpus).find_users(text, limit=limit)

    def media(self, post: str, modality: Modality, corpus: str | None = None) -> Path:
        """The file of a post's image or sound."""
        return self.corpus(corpus).media_of(post, modality)

    def predictions(self, ids: Sequence[str], corpus: str | None = None) -> dict[str, Affect]:
        """The stored predictions of posts."""
        return self.corpus(corpus).affects(self.bundle_of(corpus), ids)

    def sources(self, corpus: str | None = None) -> tuple[Source, ...]:
        """Where the posts of a corpus come from."""
        return self.overview(corpus).sources

    def add_post(self, content: Content, corpus: str = "mine", *, user: str | None = None) -> Post:
        """Analyse a post and add it to a corpus, which is created if needed."""
        check_writable()
        with self._lock:
            path = corpus_location(self.home, corpus)
            if isinstance(path, Path) and not path.exists():
                Corpus.create(path, name=corpus)
        opened = self.corpus(corpus)
        models = self.models_of(corpus)
        if not isinstance(models, LoadedModels):
            message = f"The posts of {corpus} came with their vectors; add this one to another."
            raise KindredError("bad_vectors", message)
        prediction, vectors = models.analyse(content), models.vectors(content)
        readings = models.features(content).readings
        return add_post(opened, content, prediction, vectors, readings=readings, user=user)

    # ---- quality -------------------------------------------------------------

    def evaluate(
        self, table: str, *, progress: Progress | None = None, options: Options | None = None
    ) -> ResultTable:
        """Measure one table of quality on held-out data."""
        from backend import evaluation

        encoders = self.bundle.encoders
        return evaluation.run(table, encoders=encoders, progress=progress, options=options)
