"""Where models and what they read come from: bundles, lexicons, probes, the corpus's vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from backend.affect import AffectModel
from backend.affect.predict import predict
from backend.bundles.active import bundle_path
from backend.bundles.bundle import CONFIG, Bundle, open_bundle
from backend.bundles.embedder import Embedder, Features
from backend.classifiers.predict import trained
from backend.corpus import Corpus
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
from backend.error_analysis.trained_classifiers import ClassifierModel
from backend.media import read_media
from backend.settings import ASSETS

PROBE = "probe"
BATCH = 64


def vectors_of(corpus: Corpus, bundle: str, kind: Kind, ids: np.ndarray) -> np.ndarray:
    """Joint vectors ``(n, dim)`` float32 in the order of `ids`; rows of NaN where there is none."""
    found, vectors = corpus.vectors(bundle, kind, list(ids))
    rows = np.full((len(ids), vectors.shape[1] if vectors.size else 0), np.nan, np.float32)
    place = {id_: i for i, id_ in enumerate(ids)}
    if len(found):
        rows[[place[id_] for id_ in found]] = vectors
    return rows


def content_of(corpus: Corpus, row: Mapping[str, str | None]) -> Content | None:
    """A post's words and media, decoded; None when nothing of it can be read."""
    parts: dict[str, object] = {}
    for modality, place in ((Modality.IMAGE, 0), (Modality.AUDIO, 1)):
        relative = row[modality.value]
        if not relative:
            continue
        try:
            parts[modality.value] = read_media(corpus.media_path(relative))[place]
        except KindredError:
            continue  # the post is judged by what is left of it
    content = Content(text=row["text"] or row["title"] or None, **parts)  # type: ignore[arg-type]
    return content if content.modalities else None


def bundles(home: Path) -> list[str]:
    """Names of the bundles here, those of the workspace after the shipped ones."""
    folders = (ASSETS / "bundles", home / "bundles")
    found = [
        path.name
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if (path / CONFIG).is_file() and not path.name.startswith(".")
    ]
    return list(dict.fromkeys(found))


class ModelSources:
    """Models by name, for the labels of one corpus.

    Parameters
    ----------
    home : pathlib.Path
    active : Bundle
    embedder : Embedder
        Of the active bundle.
    others : callable
        The corpora here: a probe can be fitted on one and asked about another.
    """

    def __init__(
        self, home: Path, active: Bundle, embedder: Embedder, others: Callable[[], list[Corpus]]
    ) -> None:
        self.home = home
        self.active = active
        self.embedder = embedder
        self._others = others
        self._loaded: dict[str, tuple[Bundle, Embedder, AffectModel]] = {}

    def names(self, labelled: GroundTruth) -> dict[str, str]:
        """Models that can predict the classes of labelled posts, with what they are.

        Parameters
        ----------
        labelled : GroundTruth

        Returns
        -------
        dict of str to str
            Name to title; the active bundle first.
        """
        found: dict[str, str] = {}
        classes, own = labelled.classes, trained(self.home)
        if sentiment_places(classes) is not None or emotion_names(classes) is not None:
            found[self.active.name] = f"{self.active.name} (active bundle)"
            for name in bundles(self.home):
                if name not in own:  # its heads are those of another bundle
                    found.setdefault(name, f"{name} (bundle)")
        if sentiment_places(classes) is not None:
            found["vader"] = "VADER (lexicon and rules)"
        elif emotion_names(classes) is not None:
            found["nade"] = "NADE (emojis and trees)"
        for name, config in own.items():
            if config["label"] == labelled.label and set(config["classes"]) <= set(classes):
                found[name] = f"{name} ({config['model']}, trained on {config['corpus']})"
        found[PROBE] = "probe (logistic regression on this corpus's vectors)"
        for name, system in SYSTEMS.items():
            found[name] = f"{system} (trained on this corpus's vectors; takes a minute)"
        for other in self._others():
            if other.name == labelled.corpus:
                continue
            for info in labels_of(other):
                if info.name == labelled.label and set(classes) <= set(info.classes):
                    found[f"{PROBE}@{other.name}"] = f"probe@{other.name} (fitted on that corpus)"
        return found

    def model(self, name: str, labelled: GroundTruth, corpus: Corpus) -> Model:
        """A model by its name.

        Raises
        ------
        KindredError
            ``no_model`` with those that there are.
        """
        known = self.names(labelled)
        if name not in known:
            raise KindredError(
                "no_model", f"No model {name!r} can predict this; there are {', '.join(known)}."
            )
        if name == PROBE or name in SYSTEMS:
            return self._probe(labelled, corpus, name)
        if name.startswith(f"{PROBE}@"):
            return self._elsewhere(name, labelled, corpus)
        if name in LEXICONS:
            return LexiconModel(name, labelled.classes)
        if name in trained(self.home):
            return self._classifier(name, labelled, corpus)
        return self._bundle(name, labelled, corpus)

    def state(self, name: str) -> str:
        """Names the version of a model, for caches."""
        if name in LEXICONS:
            return "1"
        probe, _, where = name.partition("@")
        bundle = self.active if probe == PROBE or name in SYSTEMS else self._opened(name)
        digest = hashlib.sha256((bundle.path / "bundle.json").read_bytes())
        digest.update(next((c.version for c in self._others() if c.name == where), "").encode())
        kept = bundle.path / training_overlap.FILE
        if kept.is_file():
            digest.update(str(kept.stat().st_size).encode())
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

    def _bundle(self, name: str, labelled: GroundTruth, corpus: Corpus) -> Model:
        bundle = self._opened(name)

        def analyse(posts: Sequence[Content]) -> list[Prediction | KindredError]:
            _, embedder, affect = self._parts(name)
            return predict(affect, posts, embedder.features(posts))

        def stored(of: GroundTruth) -> tuple[Mapping[str, Affect], np.ndarray, str]:
            kept = dict(to_affects(corpus.predictions(name, list(of.ids))))
            todo = [i for i in of.ids if i not in kept]
            if todo:
                kept |= self._predicted_now(of, corpus, set(todo), analyse)
            known = training_overlap.learnt(bundle, of)
            kept |= {i: training_overlap.whole(parts) for i, parts in known.held_out.items()}
            return kept, training_overlap.unseen(of, known), training_overlap.note(name, of, known)

        return BundleModel(name, labelled.classes, analyse, stored)

    def _classifier(self, name: str, labelled: GroundTruth, corpus: Corpus) -> Model:
        bundle = open_bundle(bundle_path(self.home, name))
        same = bundle.encoders == self.active.encoders
        embedder = self.embedder if same else Embedder(bundle, self.embedder.device)
        return ClassifierModel(
            bundle, labelled.classes, embedder.features, lambda row: content_of(corpus, row)
        )

    def _predicted_now(self, labelled, corpus, todo, analyse):  # type: ignore[no-untyped-def]
        rows = [row for row in labelled.table.to_pylist() if row["id"] in todo]
        found: dict[str, Affect] = {}
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            read = [(row["id"], content_of(corpus, row)) for row in some]
            usable = [(id_, content) for id_, content in read if content is not None]
            made = analyse([content for _, content in usable]) if usable else []
            for (id_, _), one in zip(usable, made, strict=True):
                if not isinstance(one, KindredError):
                    found[id_] = one.affect
        return found

    def _elsewhere(self, name: str, labelled: GroundTruth, corpus: Corpus) -> Model:
        other = next(c for c in self._others() if c.name == name.partition("@")[2])
        there = read(other, labelled.label)
        return TransferredProbe(
            name, self._probe(there, other), there, labelled, self._vectors(labelled, corpus)
        )

    def _vectors(self, labelled: GroundTruth, corpus: Corpus) -> dict[Modality, np.ndarray]:
        kinds = {m: Kind(m.value) for m in Modality}
        return {
            m: vectors_of(corpus, self.active.name, kind, labelled.ids) for m, kind in kinds.items()
        }

    def _probe(self, labelled: GroundTruth, corpus: Corpus, name: str = PROBE) -> Probe:
        kinds = {m: Kind(m.value) for m in Modality}
        found = self._vectors(labelled, corpus)
        usable = {m: rows for m, rows in found.items() if rows.size}
        if not usable:
            raise KindredError(
                "no_vectors",
                f"The corpus {corpus.name} has no vectors under {self.active.name}, "
                "so there is nothing to fit a probe on.",
            )

        def encode(posts: Sequence[Content]) -> dict[Modality, np.ndarray]:
            features: list[Features] = self.embedder.features(posts)
            placed = self.embedder.joint(features)
            rows = {}
            for modality, kept in usable.items():
                rows[modality] = np.full((len(posts), kept.shape[1]), np.nan, np.float32)
                for i, vectors in enumerate(placed):
                    if kinds[modality] in vectors:
                        rows[modality][i] = vectors[kinds[modality]]
            return rows

        return Probe(name, name, labelled, usable, encode, SYSTEMS.get(name))
