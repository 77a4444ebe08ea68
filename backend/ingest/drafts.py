"""Turn rows into draft posts: map columns, clean text, drop duplicate ids, resolve media paths."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from backend.corpus.schema import check_id
from backend.domain import KindredError, Post, Reaction, User
from backend.ingest import languages
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import dates, registry
from backend.ingest.readers.base import ColumnMapping, Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.parquet import embedded
from backend.media import clean_text
from backend.settings import settings

log = logging.getLogger(__name__)

_WEB = re.compile(r"https?://", re.IGNORECASE)
_SPLIT = re.compile(r"[,;|]")
_NAME = 200  # characters of a tag, a label, a title, a licence
_TAGS = 100
# What Python and its libraries raise for hostile values.
_BAD_VALUE = (ArithmeticError, AssertionError, RecursionError, ValueError)


@dataclass(frozen=True, slots=True)
class MediaRef:
    """Where the bytes of an image or a sound are; exactly one field is set."""

    name: str = ""  # of a file in the source
    url: str = ""
    data: bytes = b""

    @property
    def label(self) -> str:
        """Name for messages."""
        return self.name or self.url[:120] or "the embedded file"


@dataclass(frozen=True, slots=True)
class Notice:
    """A problem with a row, for the import report.

    Attributes
    ----------
    number : int
        Number of the row.
    code, message : str
    skips_row : bool
        Whether the row gives no post.
    """

    number: int
    code: str
    message: str
    skips_row: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A post whose media have not been read yet.

    Attributes
    ----------
    number : int
        Number of its row.
    post : Post
        Without media.
    image, audio : MediaRef or None
    user : User or None
    reactions : tuple of Reaction
    notices : tuple of Notice
        Problems that cost some of its content.
    """

    number: int
    post: Post
    image: MediaRef | None = None
    audio: MediaRef | None = None
    user: User | None = None
    reactions: tuple[Reaction, ...] = ()
    notices: tuple[Notice, ...] = ()

    def fingerprint(self) -> str:
        """Hash everything in the row, media by name, address or embedded bytes."""
        values = [
            getattr(self.post, name)
            for name in ("id", "text", "user", "language", "title", "tags", "licence", "url")
        ]
        values += [str(self.post.time), sorted(self.post.labels.items())]
        for medium in (self.image, self.audio):
            data = hashlib.sha256(medium.data).hexdigest() if medium else ""
            values.append([medium.name, medium.url, data] if medium else None)
        return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def drafts(
    tree: Tree, format_: str, options: Options, keys: Pseudonyms | None = None
) -> Iterator[Draft | Notice | Reaction]:
    """Yield the posts of a source in order; the same source gives the same posts.

    Parameters
    ----------
    tree : Tree
    format_ : str
    options : Options
    keys : Pseudonyms, optional
        Required when ``options.pseudonymise``.

    Yields
    ------
    Draft, Notice or Reaction
        A notice for each row that gives no post; a reaction from a row without a post.

    Raises
    ------
    KindredError
        When the source as a whole cannot be read; ``too_many_rows``.
    """
    builder = _DraftBuilder(tree, registry.mapping(tree, format_, options), options, keys)
    seen: dict[bytes, int] = {}
    logged = False
    limit = settings().limits.rows
    for count, row in enumerate(registry.rows(tree, format_, options), start=1):
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
        id_hash = hashlib.blake2b(draft.post.id.encode(), digest_size=8).digest()
        if id_hash in seen:
            message = (
                f"Row {seen[id_hash]:,} already has the id {draft.post.id[:60]!r}; "
                "each post needs its own."
            )
            yield Notice(row.number, "duplicate_id", message)
            continue
        seen[id_hash] = row.number
        yield draft


class _DraftBuilder:
    def __init__(
        self, tree: Tree, mapping: ColumnMapping, options: Options, keys: Pseudonyms | None
    ) -> None:
        self._tree, self._mapping, self._options = tree, mapping, options
        self._keys = keys if options.pseudonymise else None
        self._day_first = options.separator == ";"
        if options.pseudonymise and keys is None:
            raise ValueError("pseudonymising needs keys")

    def reaction(self, reaction: Reaction) -> Reaction:
        """Return a reaction with pseudonyms where they are wanted."""
        if self._keys is None:
            return reaction
        user, post = self._keys.name(reaction.user), self._keys.id(reaction.post)
        return Reaction(user, post, reaction.kind)

    def draft(self, row: Row) -> Draft:
        notices: list[Notice] = []

        def short(field: str) -> str | None:
            text = clean_text(_joined(self._cells(row, field), " ")[: 50 * _NAME])
            return " ".join(text.split())[:_NAME] if text else None

        media = {kind: self._medium(row, kind, notices) for kind in ("image", "audio")}
        text = clean_text(_joined(_without_repeats(self._cells(row, "text")), "\n"))
        if text is None and not any(media.values()):
            if notices:
                raise KindredError(notices[0].code, notices[0].message)
            raise KindredError("empty_post", "This row has no text, no image and no sound.")
        title, user = short("title"), short("user")
        if user is not None:
            user = user.removeprefix("@")
            check_id(user, "user")
        if text is None and title is not None and not any(media.values()):
            text = title
        labels = {
            column: value
            for column in self._mapping.get("label", ())
            if (value := _label(row.cells.get(column)))
        }
        if self._options.folders_as_labels and (folder := _label(row.cells.get("folder"))):
            labels["folder"] = folder
        name, url = short("name"), short("url")
        post = Post(
            id=self._id(row, text, user, media),
            text=text,
            user=user,
            time=self._time(row, notices),
            language=self._language(row, text),
            title=title,
            tags=self._tags(row),
            labels=labels,
            licence=short("licence") or self._options.licence or None,
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
            tuple(map(self.reaction, row.reactions)),
            tuple(notices),
        )

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
        )

    def _cells(self, row: Row, field: str) -> list[Any]:
        values = (row.cells.get(column) for column in self._mapping.get(field, ()))
        return [value for value in values if value is not None and value != ""]

    def _id(
        self, row: Row, text: str | None, user: str | None, media: Mapping[str, MediaRef | None]
    ) -> str:
        own_id = _joined(self._cells(row, "id"), "-").strip()
        if own_id:
            if isinstance(row.cells.get(self._mapping["id"][0]), float) and own_id.endswith(".0"):
                own_id = own_id[:-2]
            check_id(own_id)
            return own_id
        # A row without an id gets the same one in every import, wherever it stands.
        values = [text, user, str(self._cells(row, "time"))]
        values += [
            m.name or m.url or hashlib.sha256(m.data).hexdigest() for m in media.values() if m
        ]
        return "row-" + hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]

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
                        f"{text[:120]} is a web address; turn on fetching to download it.",
                    )
                return MediaRef(url=text)
            return MediaRef(name=self._tree.find(text, row.file))
        except KindredError as error:
            notices.append(Notice(row.number, error.code, error.message, skips_row=False))
            return None

    def _time(self, row: Row, notices: list[Notice]) -> Any:
        for value in self._cells(row, "time"):
            try:
                return dates.parse(value, day_first=self._day_first)
            except KindredError as error:
                notices.append(Notice(row.number, error.code, error.message, skips_row=False))
        return None

    def _language(self, row: Row, text: str | None) -> str | None:
        for value in self._cells(row, "language"):
            if code := languages.language_code(str(value)):
                return code
        return languages.identify(text) if text else None

    def _tags(self, row: Row) -> tuple[str, ...]:
        tags: list[str] = []
        for value in self._cells(row, "tags"):
            if isinstance(value, str):
                text = value.strip()
                if text.startswith("["):
                    try:
                        value = json.loads(text.replace("'", '"'))
                    except (ValueError, RecursionError):
                        value = text.strip("[]")
                if isinstance(value, str):
                    several = _SPLIT.split(value) if _SPLIT.search(value) else value.split()
                    value = several
            tags += [str(v) for v in value][:_TAGS] if isinstance(value, list | tuple) else []
        cleaned = (_label(word.strip().lstrip("#")) for word in tags[: 2 * _TAGS])
        return tuple(dict.fromkeys(word for word in cleaned if word))[:_TAGS]


def _label(value: Any) -> str | None:
    if value is None or isinstance(value, list | dict | bytes):
        return None
    text = clean_text(str(value)[: 10 * _NAME])
    return " ".join(text.split())[:_NAME] if text else None


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
