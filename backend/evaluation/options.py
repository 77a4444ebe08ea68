"""Options of the papers' tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backend.domain import KindredError


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one table.

    Attributes
    ----------
    runs : int, optional
        Number of folds to test, or of trainings to average; all of the table's when not given.
    data : pathlib.Path, optional
        The papers' own data (a folder in the ShutterSong layout), or texts labelled by people.
    backbones : tuple of str
        Further image networks to fine-tune: ``F-VGG``, ``F-ResNet``, ``F-DenseNet``.
    weights : mapping of str to pathlib.Path
        Their files of weights; downloaded from the hub otherwise.
    words : pathlib.Path, optional
        Pretrained word vectors instead of the shipped ones.
    corpus : pathlib.Path, optional
        An imported corpus, such as a YFCC100M table; the settings' own when not given.
    """

    runs: int | None = None
    data: Path | None = None
    backbones: tuple[str, ...] = ()
    weights: Mapping[str, Path] = field(default_factory=dict)
    words: Path | None = None
    corpus: Path | None = None


def parse_backbones(
    texts: Sequence[str], weights: Sequence[str] = ()
) -> tuple[tuple[str, ...], dict[str, Path]]:
    """Parse ``F-VGG`` or ``F-VGG=FILE`` into different names, and files by name.

    Parameters
    ----------
    texts : sequence of str
    weights : sequence of str
        More of them, which must name files.

    Raises
    ------
    KindredError
        ``no_system`` for an unknown name, ``no_file``.
    """
    from backend.classifiers.image_systems import BACKBONES

    names, files = [], {}
    for text in (*texts, *weights):
        name, _, file = text.partition("=")
        if text in weights and not file:
            raise KindredError("no_file", f"--weights {text} names no file: {text}=FILE.")
        if name not in BACKBONES:
            raise KindredError("no_system", f"{name!r} is none of {', '.join(BACKBONES)}.")
        names.append(name)
        if file:
            if not Path(file).is_file():
                raise KindredError("no_file", f"There is no file {file}.")
            files[name] = Path(file)
    return tuple(dict.fromkeys(names)), files
