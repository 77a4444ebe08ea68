"""A bundle on disk: names of encoders, trained heads, metrics and model card.

A bundle is one directory::

    bundle.json            name, encoders, files with checksums, metrics
    joint_space.safetensors
    affect.safetensors
    model_card.md

Weights are read as numpy arrays; only the code that runs a network turns them
into tensors.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backend.domain import KindredError, Modality
from backend.settings import settings

FORMAT = 1
CONFIG = "bundle.json"
CARD = "model_card.md"


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
    """

    path: Path
    name: str
    encoders: Mapping[Modality, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)

    def tensors(self, stem: str) -> dict[str, np.ndarray]:
        """Return the arrays of ``<stem>.safetensors``."""
        from safetensors.numpy import load_file

        return load_file(self.path / f"{stem}.safetensors")

    @property
    def card(self) -> str:
        """The model card in Markdown, which is trusted."""
        return (self.path / CARD).read_text(encoding="utf-8")


def open_bundle(path: Path) -> Bundle:
    """Open a bundle and check every file against its checksum.

    Raises
    ------
    KindredError
        ``no_bundle`` when there is none, ``bundle_format`` when another
        version wrote it, ``damaged`` when a file has changed.
    """
    try:
        raw = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"There is no bundle at {path}. `make assets` builds the default one."
        raise KindredError("no_bundle", message) from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise KindredError("damaged", f"{path / CONFIG} cannot be read: {error}.") from None
    if raw.get("format") != FORMAT:
        raise KindredError(
            "bundle_format",
            f"The bundle {path.name} has format {raw.get('format')}, this version reads {FORMAT}. "
            "Train it again with this version.",
        )
    for name, checksum in raw["files"].items():
        file = path / name
        if not file.is_file() or sha256(file) != checksum:
            raise KindredError(
                "damaged",
                f"The file {name} of the bundle {raw['name']} is missing or damaged. "
                "Restore it (`git checkout assets`) or train the bundle again.",
            )
    return Bundle(
        path=path,
        name=raw["name"],
        encoders={Modality(key): value for key, value in raw["encoders"].items()},
        config=raw.get("config", {}),
        metrics=raw.get("metrics", {}),
    )


def write_bundle(
    path: Path,
    *,
    name: str,
    encoders: Mapping[Modality, str],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    card: str,
) -> Bundle:
    """Write a bundle atomically: readers see the old one or the new one.

    Parameters
    ----------
    path : pathlib.Path
        The bundle's directory; replaced when it exists.
    name : str
    encoders : mapping of Modality to str
    tensors : mapping of str to mapping of str to numpy.ndarray
        Arrays by file stem.
    config, metrics : mapping
        Anything JSON can hold.
    card : str
        The model card, Markdown.
    """
    from safetensors.numpy import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    try:
        for stem, arrays in tensors.items():
            contiguous = {key: np.ascontiguousarray(arrays[key]) for key in sorted(arrays)}
            save_file(contiguous, temporary / f"{stem}.safetensors")
        (temporary / CARD).write_text(card, encoding="utf-8")
        files = {file.name: sha256(file) for file in sorted(temporary.iterdir())}
        raw = {
            "format": FORMAT,
            "name": name,
            "encoders": {modality.value: encoders[modality] for modality in Modality},
            "config": config,
            "metrics": metrics,
            "files": files,
        }
        _write_config(temporary, raw)
        temporary.chmod(0o755)
        if path.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
            path.rename(old / path.name)
            temporary.rename(path)
            shutil.rmtree(old)
        else:
            temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return open_bundle(path)


def rewrite_card(path: Path, card: str) -> Bundle:
    """Replace the model card (Markdown) of the bundle in a directory, and its checksum."""
    raw = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    (path / CARD).write_text(card, encoding="utf-8")
    raw["files"][CARD] = sha256(path / CARD)
    _write_config(path, raw)
    return open_bundle(path)


def _write_config(path: Path, raw: Mapping[str, Any]) -> None:
    text = json.dumps(raw, indent=1, sort_keys=True, ensure_ascii=False)
    (path / CONFIG).write_text(text + "\n", encoding="utf-8")


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
    """Return the name of the bundle for a set of encoders."""
    digest = hashlib.sha256("|".join(encoders[m] for m in Modality).encode()).hexdigest()
    return f"fitted-{digest[:10]}"
