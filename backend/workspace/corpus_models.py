"""Which models and vectors each corpus is used with.

A corpus keeps the vectors of every bundle that it was encoded with, and those that its owner
brought. When another bundle is activated, a corpus stays with the vectors that it has until all
of its posts are encoded anew.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from backend.bundles.active import active, bundle_path
from backend.bundles.bundle import Bundle, open_bundle
from backend.bundles.embedder import Embedder
from backend.core.lru import LRU
from backend.corpus import Corpus, own_vectors
from backend.corpus.encodings import OWN, best_bundle
from backend.corpus.own_vectors import Layout
from backend.domain import KindredError
from backend.settings import ASSETS, settings
from backend.workspace.loaded_models import LoadedModels
from backend.workspace.own_models import OwnModels
from backend.workspace.services import Services
from backend.workspace.usable_bundle import check_usable

if TYPE_CHECKING:
    from backend.affect import AffectModel

__all__ = ["OWN", "CorpusModels"]

log = logging.getLogger(__name__)

_OTHERS = 2  # bundles kept loaded next to the active one


class CorpusModels(Services):
    """The active bundle, and the bundle of each corpus: the base class of `Workspace`."""

    home: Path

    def __init__(self) -> None:
        self.falls_back = False  # whether a damaged bundle is replaced by the shipped one
        self.bundle_problem = ""  # why it was
        self._lock = threading.RLock()
        self._models: LoadedModels | None = None
        self._others: LRU[str, LoadedModels] = LRU(_OTHERS)
        self._warm_thread: threading.Thread | None = None

    def corpus(self, name: str | None = None) -> Corpus:
        """Open a corpus."""
        raise NotImplementedError

    @property
    def models(self) -> LoadedModels:
        """The active bundle and its models; take them once for all of a request."""
        with self._lock:
            if self._models is None:
                self._models = LoadedModels(self._active(), settings().device)
            return self._models

    def _active(self) -> Bundle:
        """Open the active bundle; pages get the shipped one where it is damaged."""
        self.bundle_problem = ""
        try:
            return check_usable(active(self.home))
        except KindredError as error:
            shipped = ASSETS / "bundles" / type(settings()).model_fields["bundle"].default
            if not self.falls_back or error.code not in ("damaged", "bundle_format"):
                raise
            log.error("the active bundle cannot be used: %s", error.message)
            bundle = open_bundle(shipped)
            self.bundle_problem = error.message
            return bundle

    @property
    def bundle(self) -> Bundle:
        """The active bundle; see `backend.bundles.active.active`."""
        return self.models.bundle

    @property
    def embedder(self) -> Embedder:
        """The active bundle's encoders and joint space."""
        return self.models.embedder

    @property
    def affect(self) -> AffectModel:
        """The active bundle's affect heads."""
        return self.models.affect

    def bundle_of(self, corpus: str | None = None) -> str:
        """Return the name of the bundle whose vectors a corpus is shown and searched by."""
        return best_bundle(self.corpus(corpus), self.bundle.name)

    def models_of(self, corpus: str | None = None) -> LoadedModels | OwnModels:
        """Return the models that a corpus was encoded with.

        Raises
        ------
        KindredError
            ``no_bundle`` where they are not here any more, with what to do.
        """
        name, models = self.bundle_of(corpus), self.models
        if name == models.bundle.name:
            return models
        if name == OWN:
            opened = self.corpus(corpus)
            return OwnModels(opened.name, own_vectors.read(opened) or Layout({}, {}))
        try:
            return self._others.get_or_make(
                name,
                lambda: LoadedModels(open_bundle(bundle_path(self.home, name)), settings().device),
            )
        except KindredError as error:
            of = self.corpus(corpus).name
            raise KindredError(
                "no_bundle",
                f"The corpus {of} is encoded with the bundle {name}, which cannot be used here "
                f"({error.message}) `kindred reindex --corpus {of}` encodes it with "
                f"{models.bundle.name}.",
            ) from None

    def reload(self) -> None:
        """Use the active bundle from now on; what runs ends with the models that it took."""
        with self._lock:
            self._models = None
            self._warm_thread = None

    def warm(self) -> None:
        """Start loading every model in the background, once."""
        with self._lock:
            if self._warm_thread is None:
                thread = threading.Thread(target=self.models.load, daemon=True)
                self._warm_thread = thread
                thread.start()

    @property
    def ready(self) -> bool:
        """Whether the models are loaded."""
        models = self._models
        return models is not None and models.ready
