"""Write bundles so that there is a complete one at any moment, even when the writer is killed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from backend.bundles.bundle import (
    CARD,
    CONFIG,
    FORMAT,
    TENSORS,
    Bundle,
    open_bundle,
    read_description,
)
from backend.core.files import write_atomically
from backend.domain import KindredError, Modality

VERSION = "version-"  # and a number: folder of the files of a bundle that was replaced


def write_bundle(
    path: Path,
    *,
    name: str,
    encoders: Mapping[Modality, str],
    tensors: Mapping[str, Mapping[str, np.ndarray]],
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    card: str,
    files: Mapping[str, bytes] | None = None,
) -> Bundle:
    """Write a bundle, or replace the one at `path` atomically.

    Whoever has opened the old one can go on reading its files until the next replacement.

    Parameters
    ----------
    path : pathlib.Path
        The bundle's directory.
    name : str
    encoders : mapping of Modality to str
    tensors : mapping of str to mapping of str to numpy.ndarray
        Arrays by file stem.
    config, metrics : mapping
        Anything JSON can hold.
    card : str
        The model card, Markdown.
    files : mapping of str to bytes, optional
        Other files by name.
    """
    from safetensors.numpy import save

    contents = {
        f"{stem}{TENSORS}": save({k: np.ascontiguousarray(arrays[k]) for k in sorted(arrays)})
        for stem, arrays in tensors.items()
    }
    contents |= {**(files or {}), CARD: card.encode()}
    raw = {
        "format": FORMAT,
        "name": name,
        "encoders": {modality.value: encoders[modality] for modality in Modality},
        "config": config,
        "metrics": metrics,
        "files": {file: hashlib.sha256(contents[file]).hexdigest() for file in sorted(contents)},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with _lock(path):
        # One name, so that what a killed writer left is found.
        temporary = path.with_name(f".{path.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            for file, data in contents.items():
                (temporary / file).write_bytes(data)
            if path.exists():
                _replace(path, temporary, raw)
            else:
                _describe(temporary, raw)
                temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return open_bundle(path)


def put_file(path: Path, name: str, data: bytes) -> Bundle:
    """Write one file of the bundle in a directory, or replace it atomically."""
    with _lock(path):
        raw = read_description(path)
        new = hashlib.sha256(data).hexdigest()
        if old := raw["files"].get(name):
            # Each step leaves a bundle whose files match: with both checksums, the old file and
            # the new one do.
            raw["files"][name] = [*([old] if isinstance(old, str) else old), new]
            _describe(path, raw)
        write_atomically(path / raw.get("version", "") / name, data)
        raw["files"][name] = new
        _describe(path, raw)
        return open_bundle(path)


def rewrite_card(path: Path, card: str) -> Bundle:
    """Replace the model card (Markdown) of the bundle in a directory."""
    return put_file(path, CARD, card.encode())


def _replace(path: Path, temporary: Path, raw: Mapping[str, Any]) -> None:
    """Make the files in a folder those of the bundle at `path`, described by `raw`."""
    try:
        previous = read_description(path).get("version", "")
    except KindredError:
        previous = ""
    numbers = [int(found.name.removeprefix(VERSION)) for found in path.glob(f"{VERSION}*")]
    version = f"{VERSION}{max(numbers, default=0) + 1}"
    temporary.rename(path / version)
    _describe(path, {**raw, "version": version})
    for entry in path.iterdir():
        if entry.is_dir() and entry.name not in (version, previous):
            shutil.rmtree(entry, ignore_errors=True)
        elif previous and entry.is_file() and entry.name != CONFIG:
            entry.unlink(missing_ok=True)


def _describe(path: Path, raw: Mapping[str, Any]) -> None:
    write_atomically(path / CONFIG, _as_json(raw).encode())


def _as_json(raw: Mapping[str, Any]) -> str:
    return json.dumps(raw, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _lock(path: Path) -> FileLock:
    """Keep other processes from writing this bundle."""
    return FileLock(path.with_name(f".{path.name}.lock"), is_singleton=False)
