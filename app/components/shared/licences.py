"""The sources of the posts and their licences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.common.markup import esc, link, show

if TYPE_CHECKING:
    from backend.workspace.workspace import Source


def show_sources(sources: Sequence[Source]) -> None:
    """Show each source with its description, number of posts and licence."""
    rows = "".join(
        f'<tr><th scope="row">{link(row.url, row.title)}'
        f"<br><small>{esc(row.description)}</small></th>"
        f'<td class="k-number">{row.posts:,}</td><td class="k-licence">{esc(row.licence)}</td></tr>'
        for row in sources
    )
    show(
        '<table class="k-table"><thead><tr><th scope="col">Source</th>'
        '<th scope="col" class="k-number">Posts</th>'
        '<th scope="col" class="k-licence">Licence</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
