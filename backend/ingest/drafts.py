"""Turn rows into draft posts: map columns, clean text, drop duplicate ids, resolve media paths."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator

from backend.domain import KindredError, Reaction
from backend.ingest.draft_builder import DraftBuilder
from backend.ingest.draft_types import Draft, MediaRef, Notice
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.readers.base import Options
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import check_time
from backend.ingest.survey import Survey, survey
from backend.settings import settings

__all__ = ["Draft", "MediaRef", "Notice", "drafts"]

log = logging.getLogger(__name__)

# What Python and its libraries raise for hostile values.
_BAD_VALUE = (ArithmeticError, AssertionError, RecursionError, ValueError)


def drafts(
    tree: Tree,
    format_: str,
    options: Options,
    keys: Pseudonyms | None = None,
    known: Survey | None = None,
) -> Iterator[Draft | Notice | Reaction]:
    """Yield the posts of a source in order; the same source gives the same posts.

    Parameters
    ----------
    tree : Tree
    format_ : str
    options : Options
    keys : Pseudonyms, optional
        Required when ``options.pseudonymise``.
    known : Survey, optional
        Of the source; without it, the source is read once more.

    Yields
    ------
    Draft, Notice or Reaction
        A notice for each row that gives no post; a reaction from a row without a post. Where
        a text does not say its language it stays open, as to identify it takes as long as all
        the rest; see `language_process.with_languages`.

    Raises
    ------
    KindredError
        When the source as a whole cannot be read; ``too_many_rows``.
    """
    known = known or survey(tree, format_, options)
    builder = DraftBuilder(tree, known, options, keys)
    for code, message in known.notices:
        yield Notice(0, code, message, skips_row=False)
    seen: dict[int, int] = {}
    logged = False
    limit = settings().limits.rows
    for count, row in enumerate(registry.rows(tree, format_, options), start=1):
        check_time()
        if count > limit:
            raise KindredError("too_many_rows", f"The source exceeds the limit of {limit:,} rows.")
        if row.error is not None:
            yield Notice(row.number, row.error.code, row.error.message)
            continue
        try:
            if not row.cells:
                yield from [builder.reaction(reaction) for reaction in row.reactions]
                continue
            draft = builder.draft(row)
        except KindredError as error:
            yield Notice(row.number, error.code, error.message)
            continue
        except _BAD_VALUE:
            if not logged:  # log the first only: there may be millions
                log.exception("Row %d of a source could not be turned into a post", row.number)
                logged = True
            message = "A value in this row cannot be read, so the row is left out."
            yield Notice(row.number, "bad_row", message)
            continue
        id_hash = _hash(draft.post.id)
        if id_hash in seen:
            message = (
                f"Row {seen[id_hash]:,} already has the id {draft.post.id[:60]!r}; "
                "each post needs its own."
            )
            yield Notice(row.number, "duplicate_id", message)
            continue
        seen[id_hash] = row.number
        yield draft


def _hash(id_: str) -> int:
    return int.from_bytes(hashlib.blake2b(id_.encode(), digest_size=8).digest(), "little")
