"""Build the draft of a post from a row."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from backend.corpus.content import words
from backend.corpus.schema import check_id
from backend.domain import Kind, KindredError, Post, Reaction, User
from backend.ingest import languages
from backend.ingest.draft_types import Draft, MediaRef, Notice
from backend.ingest.pseudonyms import MENTION, Pseudonyms
from backend.ingest.readers import cells, count_columns, dates
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.parquet import embedded
from backend.ingest.readers.vector_columns import POST_VECTORS, VECTORS, parse
from backend.ingest.survey import Survey
from backend.media import clean_text

_WEB = re.compile(r"https?://", re.IGNORECASE)
_SPLIT = re.compile(r"[,;|]")
_NAME = 200  # characters of a tag, a label, a title, a licence
_TAGS = 100
_LINKS = 10
_ADDRESS = 2_000
_MENTIONS = 20


class DraftBuilder:
    """Turns rows of one source into drafts.

    Parameters
    ----------
    tree : Tree
    known : Survey
        Of the source.
    options : Options
    keys : Pseudonyms or None
        Required when ``options.pseudonymise``.
    """

    def __init__(
        self,
        tree: Tree,
        known: Survey,
        options: Options,
        keys: Pseudonyms | None,
    ) -> None:
        self._tree, self._known, self._options = tree, known, options
        self._mapping = known.mapping
        self._widths = {Kind(kind): width for kind, width in options.widths}
        self._with_vectors = any(known.mapping.get(field) for field in POST_VECTORS)
        self._keys = keys if options.pseudonymise else None
        if options.pseudonymise and keys is None:
            raise ValueError("pseudonymising needs keys")

    def reaction(self, reaction: Reaction) -> Reaction:
        """Return a reaction with pseudonyms where they are wanted."""
        keys = self._keys
        if keys is None:
            return reaction
        names_user = reaction.kind == "mention"
        of = f"@{keys.name(reaction.post)}" if names_user else keys.id(reaction.post)
        return Reaction(keys.name(reaction.user), of, reaction.kind)

    def draft(self, row: Row) -> Draft:
        """Return the draft of a row.

        Raises
        ------
        KindredError
            Where the row gives no post.
        """
        notices = [Notice(row.number, n.code, n.message, skips_row=False) for n in row.notices]

        media = {kind: self._medium(row, kind, notices) for kind in ("image", "audio")}
        title = self._short(row, "title")
        text = words(self._text(row, notices), title)
        vectors = self._vectors(row)
        if text is None and not any(media.values()) and not vectors:
            if len(notices) > len(row.notices):
                notices = notices[len(row.notices) :]
                raise KindredError(notices[0].code, notices[0].message)
            raise KindredError("empty_post", "This row has no text, no image and no sound.")
        user = self._short(row, "user")
        if user is not None:
            user = user.removeprefix("@")
            check_id(user, "user")
        name, url = self._short(row, "name"), self._short(row, "url")
        language = self._language(row)
        reactions = row.reactions or self._reactions(row, user, text)
        post = Post(
            id=self._id(row, text, user, media, vectors),
            text=text,
            user=user,
            time=self._time(row, notices),
            language=language or None,
            title=title,
            tags=self._tags(row),
            labels=self._labels(row, text),
            licence=self._short(row, "licence") or self._options.licence or None,
            source=self._tree.name[:_NAME],
            url=url if url and _WEB.match(url) else None,
        )
        if self._keys is not None:
            post, name = self._pseudonymised(post), None
        author = User(post.user, (name or post.user)[:_NAME]) if post.user else None
        return Draft(
            row.number,
            post,
            media["image"],
            media["audio"],
            author,
            tuple(map(self.reaction, reactions)),
            tuple(notices),
            language is None and text is not None,
            vectors,
        )

    def _short(self, row: Row, field: str) -> str | None:
        """Return a field of one line, such as a name."""
        if not (values := self._cells(row, field)):
            return None
        if field == "user" and self._known.is_table:
            values = list(map(cells.identifier, values))
        text = clean_text(_joined(values, " ")[: 50 * _NAME])
        return " ".join(text.split())[:_NAME] if text else None

    def _labels(self, row: Row, text: str | None) -> dict[str, str]:
        labels = {
            column: value
            for column in self._mapping.get("label", ())
            if (value := self._label(column, row.cells.get(column)))
        }
        if links := _links(row.cells.get("links"), text):
            labels["links"] = links
        if self._options.folders_as_labels and (folder := _label(row.cells.get("folder"))):
            labels["folder"] = folder
        return labels

    def _pseudonymised(self, post: Post) -> Post:
        keys = self._keys
        assert keys is not None
        return replace(
            post,
            id=keys.id(post.id),
            user=keys.name(post.user) if post.user else None,
            text=keys.text(post.text) if post.text else None,
            title=keys.text(post.title) if post.title else None,
            url=None,  # the address of a post nearly always names its author
            labels={name: of for name, of in post.labels.items() if name != "links"},
        )

    def _cells(self, row: Row, field: str) -> list[Any]:
        columns = self._mapping.get(field)
        if not columns:
            return []
        values = [row.cells.get(column) for column in columns]
        if self._known.is_table:
            values = list(map(cells.plain, values))
        return [value for value in values if value is not None and value != ""]

    def _text(self, row: Row, notices: list[Notice]) -> str | None:
        values = self._cells(row, "text")
        if self._known.is_table:
            values = [text for value in values if (text := cells.text(value))]
        joined = _joined(_without_repeats(values) if len(values) > 1 else values, "\n")
        if self._known.is_table and "\ufffd" in joined:
            message = "Some bytes of this text are no characters; each is shown as \ufffd."
            notices.append(Notice(row.number, "bad_bytes", message, skips_row=False))
        return clean_text(joined)

    def _label(self, column: str, value: Any) -> str | None:
        if count_columns.is_count(column) and (counted := count_columns.number(value)):
            return counted
        if isinstance(value, str) and not value.startswith(("[", "{")):
            return _label(cells.plain(value) if self._known.is_table else value)
        return _label(", ".join(cells.names(value))) if self._known.is_table else _label(value)

    def _vectors(self, row: Row) -> dict[Kind, np.ndarray]:
        """Return the vectors of a row.

        Raises
        ------
        KindredError
            ``bad_vector``, ``no_vector`` where the other rows have one.
        """
        found: dict[Kind, np.ndarray] = {}
        for field, kind in VECTORS.items():
            if not (columns := self._mapping.get(field)):
                continue
            if (vector := parse(row.cells.get(columns[0]))) is None:
                continue
            width = self._widths.setdefault(kind, len(vector))
            if len(vector) != width:
                message = f"This {field} has {len(vector):,} numbers and the others have {width:,}."
                raise KindredError("bad_vector", message)
            found[kind] = vector
        if self._with_vectors and not found.keys() - {Kind.USER}:
            message = "This row has no vector, so it cannot stand beside those that have one."
            raise KindredError("no_vector", message)
        return found

    def _id(
        self,
        row: Row,
        text: str | None,
        user: str | None,
        media: Mapping[str, MediaRef | None],
        vectors: Mapping[Kind, np.ndarray],
    ) -> str:
        values = self._cells(row, "id")
        if self._known.is_table:
            values = list(map(cells.identifier, values))
        own_id = _joined(values, "-").strip()
        if own_id:
            if self._known.ids_by_file:
                own_id = f"{PurePosixPath(row.file).stem}/{own_id}"
            check_id(own_id)
            return own_id
        # A row without an id gets the same one in every import, wherever it stands.
        values = [text, user, str(self._cells(row, "time"))]
        values += [
            m.name or m.url or hashlib.sha256(m.data).hexdigest() for m in media.values() if m
        ]
        values += [hashlib.sha256(vector.tobytes()).hexdigest() for vector in vectors.values()]
        return "row-" + hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]

    def _reactions(self, row: Row, user: str | None, text: str | None) -> tuple[Reaction, ...]:
        """Return the post of a table that a row answers, and the users whom its text names."""
        if user is None or not self._known.is_table:
            return ()
        found = []
        for value in self._cells(row, "reply_to")[:1]:
            answered = cells.identifier(value)
            if self._known.ids_by_file:
                answered = f"{PurePosixPath(row.file).stem}/{answered}"
            found.append(Reaction(user, answered[:_NAME], "reply"))
        named = dict.fromkeys(match[1] for match in MENTION.finditer(text or ""))
        found += [Reaction(user, f"@{name}", "mention") for name in [*named][:_MENTIONS]]
        return tuple(found)

    def _medium(self, row: Row, kind: str, notices: list[Notice]) -> MediaRef | None:
        cells = [
            item
            for cell in self._cells(row, kind)
            for item in (cell if isinstance(cell, list) else [cell])
        ]
        if len(cells) > 1:
            message = f"This row names {len(cells)} files as {kind}; only the first is used."
            notices.append(Notice(row.number, "more_media", message, skips_row=False))
        if not cells:
            return None
        if data := embedded(cells[0]):
            return MediaRef(data=data)
        path = cells[0].get("path") if isinstance(cells[0], dict) else cells[0]
        text = str(path or "").strip()
        try:
            if len(text) > 2_000:
                raise KindredError(
                    "bad_media_path",
                    f"{text[:60]!r}… is too long for a path (limit: 2,000 characters).",
                )
            if _WEB.match(text):
                if not self._options.fetch:
                    raise KindredError(
                        "not_fetched",
                        f"{text[:120]} is a URL; turn on fetching to download it.",
                    )
                return MediaRef(url=text)
            return MediaRef(name=self._tree.find(text, row.file))
        except KindredError as error:
            notices.append(Notice(row.number, error.code, error.message, skips_row=False))
            return None

    def _time(self, row: Row, notices: list[Notice]) -> Any:
        columns = self._mapping.get("time", ())
        style = self._known.styles.get(columns[0], dates.DEFAULT) if columns else dates.DEFAULT
        values = self._cells(row, "time")
        if len(values) > 1:  # the day and the clock
            values.insert(0, " ".join(str(value).strip() for value in values[:2]))
        problem: KindredError | None = None
        for value in values:
            try:
                return dates.parse(value, style)
            except KindredError as error:
                problem = problem or error
        if problem is not None:
            notices.append(Notice(row.number, problem.code, problem.message, skips_row=False))
        return None

    def _language(self, row: Row) -> str | None:
        """Return the language that a row says; empty: that its text is in none."""
        for value in self._cells(row, "language"):
            code = languages.language_code(str(value))
            if code is not None:
                return code
        return None

    def _tags(self, row: Row) -> tuple[str, ...]:
        tags: list[str] = []
        for value in self._cells(row, "tags"):
            if isinstance(value, str) and not value.strip().startswith(("[", "{")):
                tags += _SPLIT.split(value) if _SPLIT.search(value) else value.split()
            else:
                tags += cells.names(value)[:_TAGS]
        cleaned = (_label(word.strip().lstrip("#")) for word in tags[: 2 * _TAGS])
        return tuple(dict.fromkeys(word for word in cleaned if word))[:_TAGS]


def _label(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict | bytes):
        return None
    text = clean_text(str(value)[: 10 * _NAME])
    return " ".join(text.split())[:_NAME] if text else None


def _links(addresses: Any, text: str | None) -> str:
    """Return the addresses behind the words of a text, which it does not show, with spaces."""
    links: list[str] = []
    for address in addresses if isinstance(addresses, list) else ():
        is_link = isinstance(address, str) and _WEB.match(address) and len(address.split()) == 1
        if is_link and address not in (text or "") and len(links) < _LINKS:
            links.append(address[:_ADDRESS])
    return " ".join(dict.fromkeys(links))


def _joined(values: list[Any], between: str) -> str:
    return between.join(
        str(v).strip() for v in values if not isinstance(v, bytes | dict) and str(v).strip()
    )


def _without_repeats(values: list[Any]) -> list[Any]:
    """Drop values that another value begins with, such as a title repeated in the text."""
    texts = [str(v).strip() for v in values]
    return [
        v
        for i, (v, t) in enumerate(zip(values, texts, strict=True))
        if not any(i != j and o.startswith(t) and (o != t or j < i) for j, o in enumerate(texts))
    ]
