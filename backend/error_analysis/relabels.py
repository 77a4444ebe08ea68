"""Corrections of labels, stored next to a corpus, which does not change."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from backend.domain import KindredError

_NAME = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True)
class Relabel:
    """One correction.

    Attributes
    ----------
    id, was, label : str
        The post, its original label, and its corrected label.
    time : str
        ISO 8601, UTC.
    """

    id: str
    was: str
    label: str
    time: str


class Relabels:
    """The corrections of one label of one corpus: a JSONL file, appended to.

    The file keeps the whole history: the last line of a post counts, and a line with
    the original label undoes a correction.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of all corrections of the workspace.
    corpus, label : str
    """

    def __init__(self, folder: Path, corpus: str, label: str) -> None:
        self.path = folder / _safe(corpus) / f"{_safe(label)}.jsonl"

    def read(self) -> dict[str, Relabel]:
        """The current corrections, by post id."""
        current: dict[str, Relabel] = {}
        if not self.path.is_file():
            return current
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            one = Relabel(**json.loads(line))
            current.pop(one.id, None)
            if one.label != one.was:
                current[one.id] = one
        return current

    def write(self, id_: str, was: str, label: str) -> Relabel:
        """Correct the label of a post; with `label` equal to `was`, undo its correction.

        Raises
        ------
        KindredError
            ``empty_label``.
        """
        if not label.strip():
            raise KindredError("empty_label", "A label cannot be empty. Enter one.")
        one = Relabel(id_, was, label.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(one), ensure_ascii=False) + "\n"
        lock = FileLock(f"{self.path}.lock", timeout=30)
        with lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        return one


def _safe(name: str) -> str:
    return _NAME.sub("-", name).strip("-") or "unnamed"
