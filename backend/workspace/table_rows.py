"""The posts of any table that an import reads, one content after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from backend.domain import Content, KindredError, Picture, Sound
from backend.ingest import FIELDS, Options, open_tree
from backend.ingest.draft_builder import DraftBuilder
from backend.ingest.draft_types import Draft
from backend.ingest.media_loader import media_bytes
from backend.ingest.readers import registry
from backend.ingest.readers.base import Row as TableRow
from backend.ingest.readers.file_tree import Tree
from backend.ingest.survey import survey
from backend.media import read_media
from backend.workspace.batch import Row

# What a row loses with them is more than a detail: a post without its image is another post.
_LOSSES = ("not_fetched", "no_media", "several_media", "bad_media_path")


def table_rows(source: Path, columns: dict[str, tuple[str, ...]] | None = None) -> Iterator[Row]:
    """Yield the posts of a table in its order; a row that gives no post becomes an error.

    Parameters
    ----------
    source : pathlib.Path
        A table, or a folder or archive with one, in any format that an import reads.
    columns : dict of str to tuple of str, optional
        Columns by field, such as ``{"text": ("body",)}``; guessed where not given.

    Raises
    ------
    KindredError
        ``no_format``, ``no_mapping``, ``no_column``: the source as a whole cannot be read.
    """
    tree = open_tree(source)
    try:
        options = Options()
        format_ = registry.detect(tree)[0]
        known = survey(tree, format_, options)
        if columns:
            _check(columns, known.columns)
            taken = {name for names in columns.values() for name in names}
            kept = {f: c for f, c in known.mapping.items() if not taken & set(c)}
            known = replace(known, mapping={**kept, **columns})
        if not any(known.mapping.get(field) for field in ("text", "title", "image", "audio")):
            raise KindredError(
                "no_mapping",
                "No column was recognised as text, image or audio among "
                f"{', '.join(known.columns[:30])}; name it, as in text=COLUMN.",
            )
        builder = DraftBuilder(tree, known, replace(options, mapping=known.mapping), None)
        for row in registry.rows(tree, format_, options):
            if row.error is not None or row.cells:
                yield _row(row, builder, tree, own_ids="id" in known.mapping)
    finally:
        tree.close()


def _check(columns: dict[str, tuple[str, ...]], existing: list[str]) -> None:
    for field, names in columns.items():
        if field not in FIELDS:
            message = f"A post has no field {field!r}; there are {', '.join(FIELDS)}."
            raise KindredError("no_field", message)
        for name in names:
            if name not in existing:
                message = f"There is no column {name!r}; there are {', '.join(existing[:30])}."
                raise KindredError("no_column", message)


def _row(row: TableRow, builder: DraftBuilder, tree: Tree, *, own_ids: bool) -> Row:
    id_ = str(row.number)
    try:
        if row.error is not None:
            raise row.error
        draft = builder.draft(row)
        id_ = draft.post.id if own_ids else id_
        if lost := next((n for n in draft.notices if n.code in _LOSSES), None):
            raise KindredError(lost.code, lost.message)
        return Row(id_, _content(draft, tree), None)
    except KindredError as error:
        return Row(id_, None, error)


def _content(draft: Draft, tree: Tree) -> Content:
    picture: Picture | None = None
    sound: Sound | None = None
    for field in ("image", "audio"):
        if (medium := getattr(draft, field)) is None:
            continue
        image, audio = read_media(media_bytes(medium, tree))
        picture = picture or (image if field == "image" or audio is None else None)
        sound = audio if audio is not None and (sound is None or field == "audio") else sound
    return Content(draft.post.text, picture, sound, draft.post.language)
