"""What the visitors of a demo keep: in memory, each for themselves, within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.core.lru import LRU
from backend.core.visitors import current_visitor
from backend.domain import KindredError, Selection
from backend.error_analysis.relabels import Relabel, checked_label
from backend.selections.saved import check_savable
from backend.selections.views import View, checked

MAX_VISITORS = 500
MAX_SELECTIONS = 30
MAX_RELABELS = 1_000
MAX_VIEWS = 30
MAX_LABELS = 20_000


@dataclass(slots=True)
class Kept:
    """What one visitor keeps.

    Attributes
    ----------
    selections : dict
        By corpus and name.
    relabels : dict
        By corpus, label and post.
    views : dict
        By corpus, page and name.
    labels : dict
        Values by corpus, label and post; empty where one was removed.
    """

    selections: dict[tuple[str, str], Selection] = field(default_factory=dict)
    relabels: dict[tuple[str, str, str], Relabel] = field(default_factory=dict)
    views: dict[tuple[str, str, str], View] = field(default_factory=dict)
    labels: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def save(self, selection: Selection) -> None:
        """Keep a selection under its name."""
        check_savable(selection)
        key = selection.corpus, selection.name
        _check_room(self.selections, key, MAX_SELECTIONS, "selections")
        self.selections[key] = selection

    def give_labels(self, corpus: str, name: str, values: Mapping[str, str]) -> None:
        """Keep the values that were given to posts."""
        new = {(corpus, name, id_): value for id_, value in values.items()}
        if len(self.labels.keys() | new.keys()) > MAX_LABELS:
            message = f"A visitor of this demo may keep {MAX_LABELS:,} labels; remove some first."
            raise KindredError("too_many_kept", message)
        for key, value in new.items():
            self.labels.pop(key, None)
            self.labels[key] = value

    def save_view(self, corpus: str, view: View) -> View:
        """Keep a view under its name."""
        view = checked(view)
        key = corpus, view.page, view.name
        _check_room(self.views, key, MAX_VIEWS, "views")
        self.views[key] = view
        return view

    def relabel(self, corpus: str, label: str, id_: str, values: tuple[str, str]) -> Relabel:
        """Keep a correction; with the original label, drop it."""
        was, value = values[0], checked_label(values[1])
        time = datetime.now(UTC).isoformat(timespec="seconds")
        one, key = Relabel(id_, was, value, time), (corpus, label, id_)
        self.relabels.pop(key, None)
        if value != was:
            _check_room(self.relabels, key, MAX_RELABELS, "corrections")
            self.relabels[key] = one
        return one


class VisitorMemory:
    """What each visitor keeps; the visitors that were not seen for longest go first."""

    def __init__(self) -> None:
        self._kept: LRU[str, Kept] = LRU(MAX_VISITORS)

    def read(self) -> Kept:
        """Return what the current visitor keeps."""
        return self._kept.get(current_visitor()) or Kept()

    def write(self) -> Kept:
        """Return what the current visitor keeps, to add to it.

        Raises
        ------
        KindredError
            ``read_only`` where there is no visitor, such as on the command line.
        """
        visitor = current_visitor()
        if not visitor:
            raise KindredError("read_only", "This is a demo: nothing is stored.")
        return self._kept.get_or_make(visitor, Kept)


def _check_room(kept: dict, key: object, most: int, what: str) -> None:
    if key not in kept and len(kept) >= most:
        message = f"A visitor of this demo may keep {most:,} {what}; remove one first."
        raise KindredError("too_many_kept", message)
