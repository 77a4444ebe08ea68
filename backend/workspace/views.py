"""The saved views of a workspace; in a demo, each visitor's own in memory."""

from __future__ import annotations

from backend.selections.views import SavedViews, View
from backend.settings import settings
from backend.workspace.context import WorkspaceContext
from backend.workspace.corpora import side_uid


class Views:
    """Settings of pages under names."""

    def __init__(self, context: WorkspaceContext) -> None:
        self._context = context

    def list(self, corpus: str | None = None) -> list[View]:
        """Return the views of a corpus, sorted by name."""
        where = self._context.corpus(corpus).name
        kept = self._context.visitor_memory.read().views if settings().demo else {}
        own = {(v.page, v.name): v for (in_, _, _), v in kept.items() if in_ == where}
        stored = {(v.page, v.name): v for v in self._saved(where).list(where)}
        return [*(stored | own).values()]

    def save(self, view: View, corpus: str | None = None) -> View:
        """Save a view; replace one of the same page and name.

        Raises
        ------
        KindredError
            ``view_name``, ``view_size``, ``not_stored`` or ``too_many_kept``.
        """
        where = self._context.corpus(corpus).name
        if settings().demo:
            return self._context.visitor_memory.write().save_view(where, view)
        return self._saved(where).save(view, where)

    def delete(self, page: str, name: str, corpus: str | None = None) -> None:
        """Delete a view, if it exists."""
        where = self._context.corpus(corpus).name
        own = self._context.visitor_memory.read().views if settings().demo else {}
        if own.pop((where, page, name), None) is None:
            self._saved(where).delete(page, name, where)

    def _saved(self, corpus: str) -> SavedViews:
        return SavedViews(self._context.home / "views", side_uid(self._context.corpus(corpus)))
