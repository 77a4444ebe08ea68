"""Corrections of labels, kept beside a corpus and never written into it."""

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
        The post, what its source says, and what somebody says instead.
    time : str
        ISO 8601, UTC.
    """

    id: str
    was: str
    label: str
    time: str


class Relabels:
    """The corrections of one label of one corpus: a JSONL file, appended to.

    The file keeps the whole history; the last line about a post counts, and
    going back to what the source says takes a correction away.

    Parameters
    ----------
    folder : pathlib.Path
        Of all corrections of the workspace.
    corpus, label : str
    """

    def __init__(self, folder: Path, corpus: str, label: str) -> None:
        self.path = folder / _safe(corpus) / f"{_safe(label)}.jsonl"

    def read(self) -> dict[str, Relabel]:
        """The corrections that hold, by post id."""
        found: dict[str, Relabel] = {}
        if not self.path.is_file():
            return found
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            one = Relabel(**json.loads(line))
            found.pop(one.id, None)
            if one.label != one.was:
                found[one.id] = one
        return found

    def write(self, id_: str, was: str, label: str) -> Relabel:
        """Say that a post's label is another one; `was` takes a correction back.

        Raises
        ------
        KindredError
            ``empty_label``.
        """
        if not label.strip():
            raise KindredError("empty_label", "A label cannot be empty.")
        one = Relabel(id_, was, label.strip(), datetime.now(UTC).isoformat(timespec="seconds"))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(one), ensure_ascii=False) + "\n"
        lock = FileLock(f"{self.path}.lock", timeout=30)
        with lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line)
        return one


def _safe(name: str) -> str:
    return _NAME.sub("-", name).strip("-") or "unnamed"
