"""Corrections of labels, stored next to a corpus, which does not change."""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from backend.core.append_only import append_lines
from backend.core.files import storing
from backend.core.side_folder import belongs, claim
from backend.core.writable import check_writable
from backend.domain import KindredError

_NAME = re.compile(r"[^A-Za-z0-9_-]+")


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
    uid : str
        Id of the corpus, which tells it from earlier ones of its name.
    """

    def __init__(self, folder: Path, corpus: str, label: str, uid: str = "") -> None:
        self._uid = uid
        self.path = folder_of(folder, corpus) / f"{_safe(label)}.jsonl"
        # Of versions whose names several labels could have.
        self._before = folder / _shared_name(corpus) / f"{_shared_name(label)}.jsonl"

    def read(self) -> dict[str, Relabel]:
        """The current corrections, by post id."""
        current: dict[str, Relabel] = {}
        for line in self._history().split(b"\n"):
            if (one := _parsed(line)) is None:
                continue
            current.pop(one.id, None)
            if one.label != one.was:
                current[one.id] = one
        return current

    def write(self, id_: str, was: str, label: str) -> Relabel:
        """Correct the label of a post; with `label` equal to `was`, undo its correction.

        Raises
        ------
        KindredError
            ``empty_label``, ``not_stored``.
        """
        time = datetime.now(UTC).isoformat(timespec="seconds")
        one = Relabel(id_, was, checked_label(label), time)
        check_writable(self.path)
        line = json.dumps(asdict(one), ensure_ascii=False) + "\n"
        with storing("The label was not corrected"):
            claim(self.path.parent, self._uid)
            append_lines(self.path, line, begin=self._history)
        return one

    def _history(self) -> bytes:
        for path in (self.path, self._before):
            if not belongs(path.parent, self._uid):
                continue
            with suppress(OSError):
                if data := path.read_bytes():
                    return data
        return b""


def folder_of(folder: Path, corpus: str) -> Path:
    """Return the folder of all corrections of a corpus."""
    return folder / _safe(corpus)


def checked_label(label: str) -> str:
    """Return a label without space around it.

    Raises
    ------
    KindredError
        ``empty_label``.
    """
    if not label.strip():
        raise KindredError("empty_label", "A label cannot be empty. Enter one.")
    return label.strip()


def _parsed(line: bytes) -> Relabel | None:
    """Read a line; None if it is empty or damaged, which costs one correction only."""
    try:
        raw = json.loads(line) if line.strip() else {}
        one = Relabel(**{name: raw[name] for name in ("id", "was", "label", "time")})
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return one if all(isinstance(value, str) for value in asdict(one).values()) else None


def _safe(name: str) -> str:
    """Return a file name that no other name has."""
    plain = _NAME.sub("-", name).strip("-")[:48]
    if plain == name and name.isascii():
        return name
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return f"{plain or 'unnamed'}-{digest[:12]}"


def _shared_name(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name).strip("-")[:60] or "unnamed"
