"""Any text model of sentence-transformers: ``sentence-transformers:ORG/NAME_OR_FOLDER``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from backend.core.threads import use_threads
from backend.domain import Modality
from backend.encoders import hub
from backend.encoders.base import Encoder
from backend.encoders.presets import check_packages


def load(name: str, _modality: Modality | None, device: str) -> Encoder:
    """Load a model; raises KindredError ``no_library`` or ``no_weights``."""
    check_packages(("sentence_transformers",), name)
    hub.torchvision_ready()
    model = name.partition(":")[2]

    def build() -> Any:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(
            model,
            device=device,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )

    network = hub.load(name, build, file=None, instead="sentence-transformers:/folder")
    return Sentences(name, network)


class Sentences(Encoder):
    """A text encoder of sentence-transformers; longer texts are cut to its context."""

    modality = Modality.TEXT
    licence = "see the model's card"
    batch: ClassVar[int] = 32

    def __init__(self, name: str, network: Any) -> None:
        use_threads()
        self.name, self._network = name, network
        self.dim = int(network.get_embedding_dimension())

    def _prepare(self, item: str) -> str:
        return item.encode("utf-8", "replace").decode()

    def _forward(self, prepared: list[str]) -> Sequence[np.ndarray]:
        # One by one: padding to the longest of a batch would change the vectors.
        return [self._network.encode(text, convert_to_numpy=True) for text in prepared]
