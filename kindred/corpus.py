"""One corpus: its posts as a table, its vectors, its map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from backend.corpus import schema
from backend.corpus.model_outputs import strongest
from backend.domain import EMOTIONS_AND_NEUTRAL, Kind, KindredError, Post, User
from kindred.results import Hits, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from backend.ingest import Report
    from backend.workspace.workspace import Workspace


class Owner(Protocol):
    """What a corpus needs of `kindred.workspace.Kindred`."""

    workspace: Workspace

    @property
    def search(self) -> Callable[..., Hits]:
        """Search a corpus."""

    @property
    def show(self) -> Callable[..., str]:
        """Open a page."""


class Corpus:
    """Posts of a workspace; get one from `Kindred.corpus` or `Kindred.read`.

    Attributes
    ----------
    name : str
    report : Report or None
        What the import that made it found.
    """

    def __init__(self, owner: Owner, name: str, report: Report | None = None) -> None:
        self._owner, self.name, self.report = owner, name, report

    @property
    def _opened(self) -> Any:
        return self._owner.workspace.corpus(self.name)

    def __len__(self) -> int:
        return int(self._opened.info().posts)

    def __getitem__(self, id: str) -> Post:
        return self._opened.post(id)

    def __contains__(self, id: object) -> bool:
        return bool(self._opened.posts([str(id)]))

    def __iter__(self) -> Iterator[Post]:
        yield from schema.to_posts(self._opened.table(list(schema.POST_COLUMNS)).sort_by("id"))

    def __repr__(self) -> str:
        info = self._opened.info()
        return f"<corpus {self.name!r}: {info.posts:,} posts by {info.users:,} users>"

    def to_arrow(self) -> pa.Table:
        """Return a row for each post, ordered by id, with its predictions.

        ``emotion`` and ``sentiment`` are null where a post has no prediction; ``labels`` is JSON.
        """
        posts = self._opened.table(list(schema.POST_COLUMNS)).sort_by("id")
        bundle = self._owner.workspace.bundle_of(self.name)
        found = self._opened.predictions(bundle)
        if len(found):
            values = np.stack([found[c].to_numpy() for c in EMOTIONS_AND_NEUTRAL], axis=1)
            tops = [EMOTIONS_AND_NEUTRAL[i] for i in strongest(values)]
        else:
            tops = []
        found = found.append_column("emotion", pa.array(tops, pa.string()))
        found = found.rename_columns(
            ["sentiment" if c == "label" else c for c in found.column_names]
        )
        rows = pa.compute.index_in(posts["id"], value_set=found["id"].combine_chunks())
        for name in ("emotion", "sentiment", "positive", "confidence", *EMOTIONS_AND_NEUTRAL):
            posts = posts.append_column(name, found[name].combine_chunks().take(rows))
        return posts

    def to_pandas(self) -> pd.DataFrame:
        """As `to_arrow`, as a DataFrame."""
        return self.to_arrow().to_pandas()

    def users(self) -> list[User]:
        """Return the users, most posts first."""
        return self._owner.workspace.find_users("", len(self) or 1, self.name)

    def vectors(self, kind: str = "post") -> tuple[np.ndarray, np.ndarray]:
        """Return ids ``(n,)`` and vectors ``(n, dim)`` float32 of one kind, ordered by id."""
        bundle = self._owner.workspace.bundle_of(self.name)
        found: tuple[np.ndarray, np.ndarray] = self._opened.vectors(bundle, kind_of(kind))
        return found

    def search(self, query: str | None = None, k: int = 10, **options: Any) -> Hits:
        """Search this corpus; see `Kindred.search`."""
        return self._owner.search(query, k, corpus=self.name, **options)

    def map(self, kind: str = "post", *, rebuild: bool = False) -> pd.DataFrame:
        """Return the map of posts or users, built if there is none yet, which may take minutes.

        Parameters
        ----------
        kind : str
            ``post`` or ``user``.
        rebuild : bool
            Lay it out again.

        Returns
        -------
        pandas.DataFrame
            ``id``, ``x``, ``y``, and the label of the cluster at each level (``broad``,
            ``medium``, ``fine``), None outside every cluster.
        """
        import pandas as pd

        wanted = kind_of(kind)
        if wanted not in (Kind.POST, Kind.USER):
            raise KindredError("no_map", f"Posts and users have maps; {wanted}s have none.")
        maps = self._owner.workspace.maps
        if rebuild or not maps.has(wanted, self.name):
            maps.make(wanted, self.name)
        made = maps.map(wanted, self.name)
        frame = pd.DataFrame({"id": made.ids, "x": made.xy[:, 0], "y": made.xy[:, 1]})
        for level in made.levels:
            names = [*(cluster.label for cluster in level.clusters), None]
            frame[level.name] = [names[code] for code in level.labels]
        return frame

    def show(self, page: str = "posts", **state: Any) -> str:
        """Open a page of the app at this corpus; see `Kindred.show`."""
        return self._owner.show(page, corpus=self.name, **state)

    def delete(self) -> None:
        """Delete the corpus.

        Raises
        ------
        KindredError
            ``shipped`` for a corpus that comes with Kindred.
        """
        self._owner.workspace.corpus_admin.delete(self.name)
