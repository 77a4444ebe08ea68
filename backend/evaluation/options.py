"""What can be chosen for the papers' tables beyond their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.domain import KindredError


@dataclass(frozen=True, slots=True)
class Options:
    """Choices for one table.

    Attributes
    ----------
    runs : int, optional
        Of the ten folds; the table's own number when not given.
    data : pathlib.Path, optional
        The papers' own data (a folder in the ShutterSong layout).
    backbones : tuple of str
        Image networks to fine-tune too: ``F-VGG``, ``F-ResNet``, ``F-DenseNet``.
    weights : mapping of str to pathlib.Path
        Their files of weights; the hub is asked otherwise.
    words : pathlib.Path, optional
        Pretrained word vectors instead of the shipped ones.
    corpus : pathlib.Path, optional
        An imported corpus, a YFCC100M table for one; the settings' own when not given.
    """

    runs: int | None = None
    data: Path | None = None
    backbones: tuple[str, ...] = ()
    weights: Mapping[str, Path] = field(default_factory=dict)
    words: Path | None = None
    corpus: Path | None = None


def parse_backbones(given: list[str]) -> tuple[tuple[str, ...], dict[str, Path]]:
    """``F-VGG`` or ``F-VGG=FILE`` -> names, and files by name.

    Raises
    ------
    KindredError
        ``no_system`` for a name that is none, ``no_file``.
    """
    from backend.classifiers.image_systems import BACKBONES

    names, files = [], {}
    for text in given:
        name, _, file = text.partition("=")
        if name not in BACKBONES:
            raise KindredError("no_system", f"{name!r} is none of {', '.join(BACKBONES)}.")
        names.append(name)
        if file:
            if not Path(file).is_file():
                raise KindredError("no_file", f"There is no file {file}.")
            files[name] = Path(file)
    return tuple(names), files
