"""A bundle on disk: names of encoders, trained heads, metrics and model card.

A bundle is one directory::

    bundle.json            name, encoders, files with checksums, metrics
    joint_space.safetensors
    affect.safetensors
    model_card.md

A bundle that was written again has its files in a folder of this directory, which ``bundle.json``
names, so that replacing this one file replaces the bundle; see `backend.bundles.writing`.

Weights are read as numpy arrays; only the code that runs a network turns them
into tensors.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain import KindredError, Modality
from backend.settings import ASSETS, settings

FORMAT = 1
CONFIG = "bundle.json"
CARD = "model_card.md"
TENSORS = ".safetensors"
_MODELS = 48  # characters of the names of models in that of a bundle
_DIGEST = 10


def sha256(path: Path) -> str:
    """Return the hex digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Bundle:
    """An open bundle whose files match their checksums.

    Attributes
    ----------
    path : pathlib.Path
    name : str
    encoders : mapping of Modality to str
        Registry names of the encoders that the heads were trained on.
    config : mapping
        Settings of each head, by file stem.
    metrics : mapping
        Figures measured when the bundle was trained, with their commands.
    version : str
        The folder in `path` that holds the files; empty: `path` itself.
    """

    path: Path
    name: str
    encoders: Mapping[Modality, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""

    def file(self, name: str) -> Path:
        """Return the path of a file of the bundle, which may have no such file."""
        return self.path / self.version / name

    @property
    def stems(self) -> list[str]:
        """The names that `tensors` knows."""
        return sorted(file.stem for file in self.file("").glob(f"*{TENSORS}"))

    def tensors(self, stem: str) -> dict[str, np.ndarray]:
        """Return the arrays of ``<stem>.safetensors``."""
        from safetensors.numpy import load_file

        return load_file(self.file(f"{stem}{TENSORS}"))

    @property
    def card(self) -> str:
        """The model card in Markdown, which is trusted."""
        return self.file(CARD).read_text(encoding="utf-8")


def open_bundle(path: Path) -> Bundle:
    """Open a bundle and check every file against its checksum.

    Raises
    ------
    KindredError
        ``no_bundle`` when there is none, ``bundle_format`` when another
        version wrote it, ``damaged`` when a file has changed.
    """
    try:
        return _open(path)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise KindredError(
            "damaged", f"{path / CONFIG} does not describe a bundle ({error!r}). Train it again."
        ) from None


def _open(path: Path) -> Bundle:
    raw = read_description(path)
    while damaged := _damaged_file(path, raw):
        fresh = read_description(path)
        if fresh == raw:
            raise KindredError(
                "damaged",
                f"The file {damaged} of the bundle {path.name} is missing or damaged. "
                f"{_repair(path)}",
            )
        raw = fresh  # it was replaced meanwhile
    return Bundle(
        path=path,
        name=raw["name"],
        encoders={Modality(key): value for key, value in raw["encoders"].items()},
        config=raw.get("config", {}),
        metrics=raw.get("metrics", {}),
        version=raw.get("version", ""),
    )


def _repair(path: Path) -> str:
    shipped = path.is_relative_to(ASSETS)
    return "Restore it: `git checkout assets`." if shipped else "Restore it, or train it again."


def read_description(path: Path) -> dict[str, Any]:
    """Return the ``bundle.json`` of the bundle in a directory; raises as `open_bundle`."""
    try:
        raw: dict[str, Any] = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"There is no bundle at {path}. `make assets` builds the default one."
        raise KindredError("no_bundle", message) from None
    except OSError as error:
        raise KindredError(
            "damaged", f"{path / CONFIG} cannot be read: {error.strerror}."
        ) from None
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise KindredError("damaged", f"{path / CONFIG} cannot be read: {error}.") from None
    if raw.get("format") != FORMAT:
        raise KindredError(
            "bundle_format",
            f"The bundle {path.name} has format {raw.get('format')}, this version reads {FORMAT}. "
            "Train it again with this version.",
        )
    return raw


def _damaged_file(path: Path, raw: Mapping[str, Any]) -> str:
    """Return the name of a file that does not match its checksum; empty if all do."""
    for name, checksums in raw["files"].items():
        file = path / raw.get("version", "") / name
        # There are two while the file is being replaced.
        accepted = [checksums] if isinstance(checksums, str) else checksums
        try:
            matches = sha256(file) in accepted
        except OSError:  # missing, or removed by who replaces the bundle
            matches = False
        if not matches:
            return str(name)
    return ""


def wanted_encoders(shipped: Bundle) -> dict[Modality, str]:
    """Return the encoders in the settings, by default those of the shipped bundle."""
    settings_ = settings()
    configured = {
        Modality.TEXT: settings_.text_encoder,
        Modality.IMAGE: settings_.image_encoder,
        Modality.AUDIO: settings_.audio_encoder,
    }
    return {m: configured[m] or shipped.encoders[m] for m in Modality}


def bundle_name(encoders: Mapping[Modality, str]) -> str:
    """Return the name of the bundle for a set of encoders: their models, and a digest.

    Examples
    --------
    >>> clip = "open_clip:ViT-B-32@laion2b_s34b_b79k"
    >>> names = {"text": f"{clip}:text", "image": f"{clip}:image", "audio": "aisfx+musicnn"}
    >>> bundle_name(names)
    'vit-b-32-73644598e7'
    """
    digest = hashlib.sha256("|".join(encoders[m] for m in Modality).encode()).hexdigest()
    models = dict.fromkeys(_short(encoders[m]) for m in Modality if ":" in encoders[m])
    name = "-".join(models)[:_MODELS].strip("-") or "fitted"
    return f"{name}-{digest[:_DIGEST]}"


def _short(encoder: str) -> str:
    """Return the name of an encoder's model without its owner, its weights and its tower."""
    model = encoder.partition(":")[2].partition("@")[0]
    model = model.removesuffix(":text").removesuffix(":image").removesuffix(":audio")
    return re.sub(r"[^a-z0-9]+", "-", re.split(r"[/:]", model.rstrip("/"))[-1].lower()).strip("-")


def older_name(name: str) -> str:
    """Return what `bundle_name` called a bundle before it named the models."""
    return f"fitted-{name[-_DIGEST:]}"
