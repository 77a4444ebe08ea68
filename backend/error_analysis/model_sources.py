"""Models by name: bundles, lexicons, probes, trained classifiers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from backend.affect import AffectModel
from backend.affect.predict import predict
from backend.bundles.active import bundle_path
from backend.bundles.bundle import CONFIG, Bundle, open_bundle
from backend.bundles.embedder import Embedder
from backend.classifiers.corpus_dataset import row_keys
from backend.classifiers.predict import trained
from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.corpus.encodings import OWN, best_bundle, post_counts
from backend.corpus.schema import to_affects
from backend.domain import Affect, Content, Kind, KindredError, Modality, Prediction
from backend.error_analysis import training_overlap
from backend.error_analysis.fusion_probe import SYSTEMS
from backend.error_analysis.ground_truth import GroundTruth, labels_of, read
from backend.error_analysis.models import (
    LEXICONS,
    BundleModel,
    LexiconModel,
    Model,
    emotion_names,
    sentiment_places,
)
from backend.error_analysis.probe import Probe, TransferredProbe
from backend.error_analysis.stored_readings import StoredReadings
from backend.error_analysis.trained_classifiers import ClassifierModel
from backend.settings import ASSETS

PROBE = "probe"
BATCH = 64
_CORPORA = 4  # whose decoded posts are remembered


def vectors_of(corpus: Corpus, bundle: str, kind: Kind, ids: np.ndarray) -> np.ndarray:
    """Joint vectors ``(n, dim)`` float32 in the order of `ids`; rows of NaN where there is none."""
    found_ids, vectors = corpus.vectors(bundle, kind, list(ids))
    rows = np.full((len(ids), vectors.shape[1] if vectors.size else 0), np.nan, np.float32)
    index = {id_: i for i, id_ in enumerate(ids)}
    if len(found_ids):
        rows[[index[id_] for id_ in found_ids]] = vectors
    return rows


def bundles(home: Path) -> list[str]:
    """Names of the shipped bundles and of those of the workspace, in this order."""
    folders = (ASSETS / "bundles", home / "bundles")
    names = [
        path.name
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if (path / CONFIG).is_file() and not path.name.startswith(".")
    ]
    return list(dict.fromkeys(names))


class ModelSources:
    """Models by name, for the labels of one corpus.

    Parameters
    ----------
    home : pathlib.Path
    active : Bundle
    embedder : Embedder
        Of the active bundle.
    others : callable
        Return all corpora: a probe can be trained on one and used on another.
    """

    def __init__(
        self, home: Path, active: Bundle, embedder: Embedder, others: Callable[[], list[Corpus]]
    ) -> None:
        self.home = home
        self.active = active
        self.embedder = embedder
        self._others = others
        self._loaded: dict[str, tuple[Bundle, Embedder, AffectModel]] = {}
        self._posts: LRU[tuple[str, str], StoredReadings] = LRU(_CORPORA)

    def posts(self, corpus: Corpus) -> StoredReadings:
        """Decode posts of a corpus, and encode them with what was read in them."""
        key = corpus.uri, corpus.version
        return self._posts.get_or_make(key, lambda: StoredReadings(corpus))

    def names(self, ground_truth: GroundTruth) -> dict[str, str]:
        """Return the titles, by name, of the models that can predict the classes.

        The active bundle comes first.
        """
        titles: dict[str, str] = {}
        classes, own = ground_truth.classes, trained(self.home)
        if sentiment_places(classes) is not None or emotion_names(classes) is not None:
            titles[self.active.name] = f"{self.active.name} (active bundle)"
            for name in bundles(self.home):
                if name not in own:  # its affect heads are copies of another bundle's
                    titles.setdefault(name, f"{name} (bundle)")
        if sentiment_places(classes) is not None:
            titles["vader"] = "VADER (lexicon and rules)"
        elif emotion_names(classes) is not None:
            titles["nade"] = "NADE (emojis and trees)"
        for name, config in own.items():
            if config["label"] == ground_truth.label and set(config["classes"]) <= set(classes):
                titles[name] = f"{name} ({config['model']}, trained on {config['corpus']})"
        titles[PROBE] = "probe (logistic regression on this corpus's vectors)"
        for name, system in SYSTEMS.items():
            titles[name] = f"{system} (trained on this corpus's vectors; takes a minute)"
        for other in self._others():
            if other.name == ground_truth.corpus:
                continue
            for info in labels_of(other):
                if info.name == ground_truth.label and set(classes) <= set(info.classes):
                    titles[f"{PROBE}@{other.name}"] = f"probe@{other.name} (trained on that corpus)"
        return titles

    def model(self, name: str, ground_truth: GroundTruth, corpus: Corpus) -> Model:
        """A model by its name.

        Raises
        ------
        KindredError
            ``no_model``, with the names of the models.
        """
        known = self.names(ground_truth)
        if name not in known:
            raise KindredError(
                "no_model",
                f"No model {name!r} can predict this label. Choose from: {', '.join(known)}.",
            )
        if name == PROBE or name in SYSTEMS:
            return self._probe(ground_truth, corpus, name)
        if name.startswith(f"{PROBE}@"):
            return self._transferred(name, ground_truth, corpus)
        if name in LEXICONS:
            return LexiconModel(name, ground_truth.classes)
        if name in trained(self.home):
            return self._classifier(name, ground_truth, corpus)
        return self._bundle(name, ground_truth, corpus)

    def state(self, name: str) -> str:
        """Version of a model, for keys of caches."""
        if name in LEXICONS:
            return "1"
        probe, _, other = name.partition("@")
        bundle = self.active if probe == PROBE or name in SYSTEMS else self._opened(name)
        digest = hashlib.sha256((bundle.path / "bundle.json").read_bytes())
        digest.update(next((c.version for c in self._others() if c.name == other), "").encode())
        held_out = bundle.file(training_overlap.FILE)
        if held_out.is_file():
            digest.update(str(held_out.stat().st_size).encode())
        return digest.hexdigest()

    def _opened(self, name: str) -> Bundle:
        return (
            self.active if name == self.active.name else open_bundle(bundle_path(self.home, name))
        )

    def _parts(self, name: str) -> tuple[Bundle, Embedder, AffectModel]:
        if name not in self._loaded:
            bundle = self._opened(name)
            same = bundle.encoders == self.active.encoders
            embedder = self.embedder if same else Embedder(bundle, self.embedder.device)
            self._loaded[name] = (bundle, embedder, AffectModel.load(bundle))
        return self._loaded[name]

    def _embedder(self, name: str) -> Embedder:
        return self.embedder if name == self.active.name else self._parts(name)[1]

    def _bundle(self, name: str, ground_truth: GroundTruth, corpus: Corpus) -> Model:
        bundle, decoded = self._opened(name), self.posts(corpus)

        def analyse(posts: Sequence[Content]) -> list[Prediction | KindredError]:
            _, embedder, affect = self._parts(name)
            return predict(affect, posts, decoded.features(embedder, posts))

        def stored(truth: GroundTruth) -> tuple[Mapping[str, Affect], np.ndarray, str]:
            affects = dict(to_affects(corpus.predictions(name, list(truth.ids))))
            missing = {id_ for id_ in truth.ids if id_ not in affects}
            if missing:
                affects |= self._predict_missing(truth, corpus, missing, analyse)
            overlap = training_overlap.find_overlap(bundle, truth)
            affects |= {
                id_: training_overlap.largest_subset(parts)
                for id_, parts in overlap.held_out.items()
            }
            held_out = training_overlap.held_out_mask(truth, overlap)
            return affects, held_out, training_overlap.note(name, truth, overlap)

        return BundleModel(name, ground_truth.classes, analyse, stored)

    def _classifier(self, name: str, ground_truth: GroundTruth, corpus: Corpus) -> Model:
        bundle = open_bundle(bundle_path(self.home, name))
        same = bundle.encoders == self.active.encoders
        embedder = self.embedder if same else Embedder(bundle, self.embedder.device)
        return ClassifierModel(
            bundle,
            ground_truth.classes,
            embedder.features,
            self.posts(corpus).content,
            partial(row_keys, corpus),
        )

    def _predict_missing(
        self,
        ground_truth: GroundTruth,
        corpus: Corpus,
        missing: set[str],
        analyse: Callable[[Sequence[Content]], Sequence[Prediction | KindredError]],
    ) -> dict[str, Affect]:
        """Predict the posts whose predictions the corpus does not store."""
        rows = [row for row in ground_truth.table.to_pylist() if row["id"] in missing]
        affects: dict[str, Affect] = {}
        content = self.posts(corpus).content
        for start in range(0, len(rows), BATCH):
            batch = [(row["id"], content(row)) for row in rows[start : start + BATCH]]
            readable = [(id_, content) for id_, content in batch if content is not None]
            results = analyse([content for _, content in readable]) if readable else []
            for (id_, _), result in zip(readable, results, strict=True):
                if not isinstance(result, KindredError):
                    affects[id_] = result.affect
        return affects

    def _transferred(self, name: str, ground_truth: GroundTruth, corpus: Corpus) -> Model:
        other = next(c for c in self._others() if c.name == name.partition("@")[2])
        there = read(other, ground_truth.label)
        both = (post_counts(other).keys() & post_counts(corpus).keys()) - {OWN}
        bundle = best_bundle(corpus, self.active.name)
        if bundle not in both:
            if not both:
                raise KindredError(
                    "no_vectors",
                    f"The corpora {other.name} and {corpus.name} were not encoded with the same "
                    f"bundle: encode them with {self.active.name} on the page Corpora.",
                )
            bundle = self.active.name if self.active.name in both else min(both)
        return TransferredProbe(
            name,
            self._probe(there, other, bundle=bundle),
            there,
            ground_truth,
            _vectors(ground_truth, corpus, bundle),
            _same_posts(there, other, ground_truth, corpus),
        )

    def _probe(
        self,
        ground_truth: GroundTruth,
        corpus: Corpus,
        name: str = PROBE,
        *,
        bundle: str | None = None,
    ) -> Probe:
        """Train on the vectors that a corpus has, which may not be those of the active bundle."""
        kinds = {m: Kind(m.value) for m in Modality}
        space = bundle or best_bundle(corpus, self.active.name)
        found = _vectors(ground_truth, corpus, space)
        usable = {m: rows for m, rows in found.items() if rows.size}
        if not usable:
            raise KindredError(
                "no_vectors",
                f"The corpus {corpus.name} has no vectors under {space}, "
                "so no probe can be trained on it.",
            )

        decoded = self.posts(corpus)

        def encode(posts: Sequence[Content]) -> dict[Modality, np.ndarray]:
            if space == OWN:
                raise KindredError(
                    "no_encoder",
                    f"The vectors of {corpus.name} came with its posts: changed posts cannot be "
                    f"encoded. `kindred reindex --corpus {corpus.name}` encodes them all.",
                )
            embedder = self._embedder(space)
            features = decoded.features(embedder, posts)
            placed = embedder.joint(features)
            rows = {}
            for modality, kept in usable.items():
                rows[modality] = np.full((len(posts), kept.shape[1]), np.nan, np.float32)
                for i, vectors in enumerate(placed):
                    if kinds[modality] in vectors:
                        rows[modality][i] = vectors[kinds[modality]]
            return rows

        return Probe(name, name, ground_truth, usable, encode, SYSTEMS.get(name))


def _vectors(ground_truth: GroundTruth, corpus: Corpus, bundle: str) -> dict[Modality, np.ndarray]:
    ids = ground_truth.ids
    found = {m: vectors_of(corpus, bundle, Kind(m.value), ids) for m in Modality}
    if bundle == OWN and not any(rows.size for rows in found.values()):
        # Of the posts as wholes, which are mostly of texts.
        found[Modality.TEXT] = vectors_of(corpus, bundle, Kind.POST, ids)
    return found


def _same_posts(
    source: GroundTruth, source_corpus: Corpus, target: GroundTruth, corpus: Corpus
) -> np.ndarray:
    """Return the post of `source` that has the content of each of `target`, ``(n,)``; else -1."""
    rows = source.table.to_pylist()
    known = {key: i for i, row in enumerate(rows) for key in row_keys(source_corpus, row)}
    found = [
        next((known[key] for key in sorted(row_keys(corpus, row)) if key in known), -1)
        for row in target.table.to_pylist()
    ]
    return np.array(found, dtype=np.int64)
