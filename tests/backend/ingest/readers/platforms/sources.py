"""Write small exports, and read them as an import does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from backend.domain import Post, Reaction
from backend.ingest import Options, Report, check, open_tree
from backend.ingest.drafts import Draft, drafts


def written(folder: Path, files: Mapping[str, object]) -> Path:
    """Write texts as they are, bytes as they are, and anything else as JSON."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, "utf-8")
    return folder


class Read:
    """What an import would make of a source."""

    def __init__(self, source: Path) -> None:
        tree = open_tree(source)
        try:
            self.report: Report = check(tree, Options())
            items = list(drafts(tree, self.report.format, Options(mapping=self.report.mapping)))
        finally:
            tree.close()
        self.drafts = [item for item in items if isinstance(item, Draft)]
        self.reactions = [item for item in items if isinstance(item, Reaction)]
        self.reactions += [r for draft in self.drafts for r in draft.reactions]

    @property
    def posts(self) -> list[Post]:
        return [draft.post for draft in self.drafts]

    @property
    def texts(self) -> list[str | None]:
        return [post.text for post in self.posts]

    @property
    def left(self) -> dict[str, int]:
        return self.report.left_out

    def pictures(self) -> list[str]:
        return [draft.image.name if draft.image else "" for draft in self.drafts]

    def sounds(self) -> list[str]:
        return [draft.audio.name if draft.audio else "" for draft in self.drafts]

    def when(self) -> list[str]:
        return [post.time.strftime("%Y-%m-%dT%H:%M:%S") if post.time else "" for post in self.posts]
