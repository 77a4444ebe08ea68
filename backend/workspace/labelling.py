"""Labels that people give: stored, exported, asked for, and put into a corpus."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from backend.core.lru import LRU
from backend.corpus import Corpus
from backend.domain import Kind, KindredError, Selection
from backend.labelling import queue
from backend.labelling.queue import Point
from backend.labelling.store import LabelStore, checked_name
from backend.maps import graph
from backend.selections.export import harmless
from backend.settings import settings
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpora import side_uid

MAX_VALUES = 30  # different values of a label
_FORMATS = ("csv", "json")
_CACHED = 4


@dataclass(frozen=True, slots=True)
class Asked:
    """The post to label next.

    Attributes
    ----------
    id : str
    chances : mapping of str to float
        Probability of each value, by the head; empty before it has learnt two values.
    left : int
        Posts without a value.
    """

    id: str
    chances: Mapping[str, float]
    left: int


class Labelling:
    """Labels of posts by people."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context
        self._vectors: LRU[tuple, tuple[pd.Index, np.ndarray]] = LRU(_CACHED)
        self._curves: LRU[tuple, list[Point]] = LRU(64)

    def names(self, corpus: str | None = None) -> list[str]:
        """Return the names of the labels that people have given in a corpus."""
        where = self._context.corpus(corpus).name
        return sorted({*self._store(where).names(), *(n for n, _ in self._own(where))})

    def values(self, name: str, corpus: str | None = None) -> dict[str, str]:
        """Return the value of each labelled post, in the order in which they were given."""
        where = self._context.corpus(corpus).name
        current = self._store(where).read(name)
        for (label, id_), value in self._own(where).items():
            if label == name:
                current.pop(id_, None)
                current |= {id_: value} if value else {}
        return current

    def give(self, name: str, ids: Sequence[str], value: str, corpus: str | None = None) -> int:
        """Give a value to posts; an empty one removes theirs. Return how many posts there are.

        Raises
        ------
        KindredError
            ``label_name``, ``label_values``, ``no_post``, ``not_stored`` or ``too_many_kept``.
        """
        opened = self._context.corpus(corpus)
        name = checked_name(name)
        if value:
            value = checked_name(value, "value")
            known = {*self.values(name, corpus).values(), value}
            if len(known) > MAX_VALUES:
                message = f"A label has at most {MAX_VALUES} values; use one of them."
                raise KindredError("label_values", message)
        items = self._context.selections.item_table(Kind.POST, corpus)
        found = [id_ for id_ in dict.fromkeys(ids) if id_ in items.index]
        if not found:
            raise KindredError("no_post", "None of these posts is in the corpus.")
        given = dict.fromkeys(found, value)
        if settings().demo:
            self._context.visitor_memory.write().give_labels(opened.name, name, given)
        else:
            self._store(opened.name).write(name, given)
        return len(found)

    def ask(
        self, name: str, within: Selection | None = None, skipped: Sequence[str] = (),
        corpus: str | None = None,
    ) -> Asked | None:  # fmt: skip
        """Return the most useful post to label next; None if all have a value.

        Parameters
        ----------
        name : str
        within : Selection, optional
            Of posts; only these are asked for.
        skipped : sequence of str
            Ids that are not asked for again.
        corpus : str, optional

        Raises
        ------
        KindredError
            ``no_vectors`` if the posts have none.
        """
        index, vectors = self._posts(corpus)
        values = self.values(name, corpus)
        rows = index.get_indexer(pd.Index([*values], dtype=object))
        known = rows[rows >= 0].tolist()
        known_values = [v for v, r in zip(values.values(), rows, strict=True) if r >= 0]
        away = index.get_indexer(pd.Index(list(skipped), dtype=object))
        hidden = set(away[away >= 0].tolist())
        if within is not None:
            inside = index.get_indexer(pd.Index(list(within.ids), dtype=object))
            hidden |= set(range(len(index))) - set(inside.tolist())
        chosen = queue.next_rows(vectors, known, known_values, sorted(hidden))
        if not chosen:
            return None
        chances: dict[str, float] = {}
        if (head := queue.train(vectors[known], known_values)) is not None:
            given = head.predict_proba(vectors[chosen[:1]])[0]
            chances = {str(v): float(p) for v, p in zip(head.classes_, given, strict=True)}
        left = len(index) - len(hidden | set(known))
        return Asked(str(index[chosen[0]]), chances, left)

    def curve(self, name: str, corpus: str | None = None) -> list[Point]:
        """Return the learning curve of a label: cross-validated accuracy by number of labels."""
        index, vectors = self._posts(corpus)
        values = self.values(name, corpus)
        rows = index.get_indexer(pd.Index([*values], dtype=object))
        known_values = [v for v, r in zip(values.values(), rows, strict=True) if r >= 0]
        own = vectors[rows[rows >= 0]]
        key = (self._context.corpus(corpus).uri, name, tuple(values.items()))
        return self._curves.get_or_make(key, lambda: queue.curve(own, known_values))

    def export(self, name: str, form: str = "csv", corpus: str | None = None) -> bytes:
        """Write the labels of posts as CSV (``id``, the label) or JSON.

        Raises
        ------
        KindredError
            ``format``.
        """
        values = self.values(name, corpus)
        if form == "json":
            rows = [{"id": id_, name: value} for id_, value in values.items()]
            return json.dumps(rows, ensure_ascii=False, indent=1).encode()
        if form == "csv":
            out = io.StringIO(newline="")
            writer = csv.writer(out)
            writer.writerow(["id", harmless(name)])
            writer.writerows([harmless(id_), harmless(value)] for id_, value in values.items())
            return out.getvalue().encode("utf-8-sig")
        message = f"There is no format {form!r}; choose from {', '.join(_FORMATS)}."
        raise KindredError("format", message)

    def put_into_corpus(self, name: str, corpus: str | None = None) -> int:
        """Store the label with the posts, so that maps, Errors and Train have it.

        Posts whose label was removed keep none of it. Return the number of posts with it.

        Raises
        ------
        KindredError
            ``read_only`` in a demo; ``corpus_busy``.
        """
        if settings().demo:
            raise KindredError("read_only", "This is a demo: nothing is stored.")
        opened, values = self._context.corpus(corpus), self.values(name, corpus)
        _merge(opened, name, values)
        opened.refresh()
        return len(values)

    def counts(self, name: str, corpus: str | None = None) -> dict[str, int]:
        """Count the posts of each value, the most frequent first."""
        return dict(Counter(self.values(name, corpus).values()).most_common())

    def _posts(self, corpus: str | None) -> tuple[pd.Index, np.ndarray]:
        opened, bundle = self._context.corpus(corpus), self._context.bundle_of(corpus)

        def read() -> tuple[pd.Index, np.ndarray]:
            ids, raw = opened.vectors(bundle, Kind.POST)
            if not len(ids):
                raise KindredError("no_vectors", "These posts have no vectors to learn from.")
            return pd.Index(ids), graph.centred(raw)

        return self._vectors.get_or_make((opened.uri, opened.version, bundle), read)

    def _store(self, corpus: str) -> LabelStore:
        uid = side_uid(self._context.corpus(corpus))
        return LabelStore(self._context.home / "labels", corpus, uid)

    def _own(self, corpus: str) -> dict[tuple[str, str], str]:
        """Return what the visitor of a demo has given, by label and post."""
        if not settings().demo:
            return {}
        kept = self._context.visitor_memory.read().labels
        return {(label, id_): v for (in_, label, id_), v in kept.items() if in_ == corpus}


def _merge(corpus: Corpus, name: str, values: Mapping[str, str]) -> None:
    """Write the label into the posts; every other row and column stays."""
    with corpus.transaction() as change:
        every = change.read("posts")
        labels = [json.loads(raw or "{}") for raw in every["labels"].to_pylist()]
        ids = every["id"].to_pylist()
        changed = [i for i, id_ in enumerate(ids) if labels[i].get(name) != values.get(id_)]
        if not changed:
            return
        for i in changed:
            labels[i].pop(name, None)
            if ids[i] in values:
                labels[i][name] = values[ids[i]]
        after = [json.dumps(labels[i], ensure_ascii=False, sort_keys=True) for i in changed]
        rows = every.take(changed)
        place = rows.schema.get_field_index("labels")
        rows = rows.set_column(place, rows.schema.field(place), pa.array(after, pa.string()))
        change.delete_in("posts", "id", [ids[i] for i in changed])
        change.append("posts", rows)
