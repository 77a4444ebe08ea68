"""Labels that people gave to posts, stored beside a corpus, which does not change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from backend.core.append_only import append_lines
from backend.core.files import storing
from backend.core.side_folder import belongs, claim, slug
from backend.core.writable import check_writable
from backend.domain import KindredError

MAX_NAME = 60  # characters of a label's name and of a value


def checked_name(name: str, what: str = "label") -> str:
    """Return a tidy name of a label, or a tidy value.

    Raises
    ------
    KindredError
        ``label_name``.
    """
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > MAX_NAME:
        message = f"Enter a name for the {what}, of 1 to {MAX_NAME} characters."
        raise KindredError("label_name", message)
    return tidy


class LabelStore:
    """The labels of one corpus: a JSON lines file for each, appended to.

    A file keeps the whole history: the last line of a post counts, and an empty value removes
    its label.

    Parameters
    ----------
    folder : pathlib.Path
        Of all corpora.
    corpus : str
    uid : str
        Id of the corpus, which tells it from earlier ones of its name.
    """

    def __init__(self, folder: Path, corpus: str, uid: str = "") -> None:
        self.folder, self._uid = folder_of(folder, corpus), uid

    def names(self) -> list[str]:
        """Return the names of the labels, sorted."""
        found = set()
        for file in sorted(self.folder.glob("*.jsonl")) if self._is_own() else []:
            with suppress(OSError), file.open(encoding="utf-8", errors="replace") as lines:
                if record := next(filter(None, map(_parsed, lines)), None):
                    found.add(record["label"])
        return sorted(found)

    def read(self, name: str) -> dict[str, str]:
        """Return the value of each post that has the label, in the order in which they got it."""
        current: dict[str, str] = {}
        if not self._is_own():
            return current
        with suppress(OSError):
            for line in self._file(name).read_text("utf-8", errors="replace").split("\n"):
                if (record := _parsed(line)) and record["label"] == name:
                    current.pop(record["id"], None)
                    if record["value"]:
                        current[record["id"]] = record["value"]
        return current

    def write(self, name: str, values: Mapping[str, str]) -> None:
        """Give values to posts; an empty value removes the label of its post.

        Raises
        ------
        KindredError
            ``not_stored``.
        """
        file, time = self._file(name), datetime.now(UTC).isoformat(timespec="seconds")
        check_writable(file)
        lines = "".join(
            json.dumps({"label": name, "id": i, "value": v, "time": time}, ensure_ascii=False)
            + "\n"
            for i, v in values.items()
        )
        with storing("The label was not stored"):
            claim(self.folder, self._uid)
            append_lines(file, lines)

    def _is_own(self) -> bool:
        return belongs(self.folder, self._uid)

    def _file(self, name: str) -> Path:
        return self.folder / f"{slug(name)}.jsonl"


def folder_of(folder: Path, corpus: str) -> Path:
    """Return the folder of the labels of a corpus."""
    return folder / slug(corpus)


def _parsed(line: str) -> dict[str, str] | None:
    """Read a line; None if it is empty or damaged, which costs one label only."""
    try:
        raw = json.loads(line) if line.strip() else {}
        record = {key: raw[key] for key in ("label", "id", "value")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return record if all(isinstance(value, str) for value in record.values()) else None
