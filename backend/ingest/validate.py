"""The validation report: what an import would add, before anything is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from backend.domain import KindredError, Modality, Post
from backend.ingest import languages, media_loader
from backend.ingest.drafts import Draft, MediaRef, Notice, drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.first_look import too_slow
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.readers.base import ColumnMapping, Options
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.time_limit import OutOfTimeError
from backend.ingest.readers.vector_columns import POST_VECTORS
from backend.ingest.survey import survey, text_hash
from backend.ingest.thumbnails import thumbnail
from backend.media import Family, inspect
from backend.settings import settings

PREVIEW = 5
SHOWN_FILES = 100
LANGUAGES = 20_000  # texts whose language is identified; the import does so with all
# Codes of media that are missing or unusable while the post remains.
MISSING = ("no_media", "several_media", "bad_media_path", "not_fetched")

# A file is what it holds, whatever its column is called; a video is what its column says.
_OF_FAMILY = {Family.IMAGE: Modality.IMAGE, Family.SOUND: Modality.AUDIO}

Progress = Callable[[int], None]


@dataclass(slots=True)
class Report:
    """What an import would add.

    Attributes
    ----------
    source, format, reason : str
        The source, its format, and why that format.
    mapping : mapping of str to tuple of str
        Field to columns.
    columns : list of str
        All columns of the source.
    rows, usable : int
        Rows read; posts among them.
    new, changed, same, unsure : int
        Usable posts compared with the corpus. The unsure ones exist and have media behind
        addresses: whether they changed is known once these are downloaded.
    duplicates : int
        Usable posts with the content of an earlier one; they are imported, and
        searches show one of them.
    missing_media : int
        Posts without an image or a sound that their row names.
    to_fetch : int
        Media that will be downloaded.
    users, reactions : int
    modalities, languages : mapping of str to int
        Posts of each; the key ``""`` is an unknown language. Of very many posts, languages
        are those of the first texts, and a notice says so.
    since, until : datetime or None
    problems : mapping of str to int
        Notices by code.
    notices : list of Notice
        The first notices, as many as the limits allow.
    refused : list of (str, str)
        Files, and parts of files, that are left out, each with the reason.
    left_out : mapping of str to int
        What is left out on purpose, such as ``direct messages``, and how many of it.
    unread : int
        Files that no post names; the first ones are `unread_files`.
    videos : int
        Of the posts with an image, those whose image is a video.
    preview : list of Post
        The first posts; their pictures, made small, are `thumbnails` by post id.
    media_bytes : int
    widths : mapping of str to int
        Numbers in the vectors that the rows bring, by kind.
    is_whole : bool
        Whether all rows were looked at; else the counts are those of the first ones.
    """

    source: str
    format: str
    reason: str
    mapping: ColumnMapping
    columns: list[str]
    rows: int = 0
    usable: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    unsure: int = 0
    duplicates: int = 0
    missing_media: int = 0
    to_fetch: int = 0
    users: int = 0
    reactions: int = 0
    modalities: dict[str, int] = field(default_factory=lambda: {m.value: 0 for m in Modality})
    languages: dict[str, int] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    problems: dict[str, int] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    unread: int = 0
    unread_files: list[str] = field(default_factory=list)
    videos: int = 0
    preview: list[Post] = field(default_factory=list)
    thumbnails: dict[str, bytes] = field(default_factory=dict)
    media_bytes: int = 0
    widths: dict[str, int] = field(default_factory=dict)
    is_whole: bool = True

    @property
    def unused(self) -> list[str]:
        """The columns of the source that are no field of its posts."""
        used = {column for of in self.mapping.values() for column in of}
        return [column for column in self.columns if column not in used]

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        data = asdict(self) | {
            "preview": [post.id for post in self.preview],
            "unused": self.unused,
        }
        del data["thumbnails"]
        for name in ("since", "until"):
            data[name] = data[name].isoformat() if data[name] else None
        return data


def check(
    tree: Tree,
    options: Options,
    *,
    format_: str = "",
    keys: Pseudonyms | None = None,
    known: ExistingPosts | None = None,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Report:
    """Read a source and report what an import would add; write and download nothing.

    Every row is mapped and cleaned and every file is opened. Files are decoded
    only by the import, so some may turn out damaged then. Within a `time_limit`, the report is
    that of the first rows if there are too many.

    Parameters
    ----------
    tree : Tree
    options : Options
    format_ : str
        Empty: detected.
    keys : Pseudonyms, optional
        Required when ``options.pseudonymise``.
    known : ExistingPosts, optional
        Posts that the corpus already has.
    progress : callable, optional
        Called with the number of items read.
    stop : callable, optional
        Called now and then; true ends the check with ``stopped``.

    Raises
    ------
    KindredError
        When the source as a whole cannot be read; ``too_slow`` when the time is over before
        there is a row.
    """
    reason = "as you chose"
    try:
        if not format_:
            format_, reason = registry.detect(tree)
        known_columns = survey(tree, format_, options)
        if not known_columns.columns:
            _check_first_row(tree, format_, options)
    except OutOfTimeError:
        raise too_slow(tree.path.name) from None
    mapping = known_columns.mapping
    _check_mapping(mapping)
    report = Report(tree.path.name, format_, reason, mapping, known_columns.columns)
    report.refused = tree.refused[: settings().limits.problems]
    tree.opened.clear()
    tree.left_out.clear()
    builder = _ReportBuilder(report, known or ExistingPosts())
    options = replace(options, mapping=mapping)
    try:
        for count, item in enumerate(drafts(tree, format_, options, keys, known_columns), start=1):
            builder.add(item, tree)
            if count % 256 == 0:
                if progress is not None:
                    progress(count)
                if stop is not None and stop():
                    raise KindredError("stopped", "The check was stopped.")
    except OutOfTimeError:
        if not report.rows:
            raise too_slow(tree.path.name) from None
        report.is_whole = False
    builder.finish(tree)
    if progress is not None:
        progress(report.rows)
    return report


def _check_first_row(tree: Tree, format_: str, options: Options) -> None:
    """Raise what is wrong with the first row of a source without columns."""
    first = next(registry.rows(tree, format_, options), None)
    if first is not None and first.error is not None:
        raise first.error


def _check_mapping(mapping: ColumnMapping) -> None:
    if not any(mapping.get(f) for f in ("text", "image", "audio", "title", *POST_VECTORS)):
        raise KindredError(
            "no_mapping",
            "No column was recognised as text, title, image, audio or vector; assign at least one "
            "of them.",
        )


class _ReportBuilder:
    def __init__(self, report: Report, known: ExistingPosts) -> None:
        self.report, self._known = report, known
        self._problems: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._identified = self._unidentified = 0
        self._users: set[int] = set()
        self._contents: set[int] = set()

    def add(self, item: Any, tree: Tree) -> None:
        report = self.report
        if isinstance(item, Notice):
            report.rows += item.skips_row
            self._add_notice(item)
        elif isinstance(item, Draft):
            report.rows += 1
            report.reactions += len(item.reactions)
            self._add_draft(item, tree)
        else:
            report.reactions += 1

    def _add_notice(self, notice: Notice) -> None:
        self._problems[notice.code] += 1
        if len(self.report.notices) < settings().limits.problems:
            self.report.notices.append(notice)

    def _add_draft(self, draft: Draft, tree: Tree) -> None:
        report = self.report
        notices, digests, picture = list(draft.notices), [], b""
        moves = False
        present = dict.fromkeys(Modality, False) | {Modality.TEXT: draft.post.text is not None}
        for modality in (Modality.IMAGE, Modality.AUDIO):
            medium: MediaRef | None = getattr(draft, modality.value)
            if medium is None:
                continue
            if medium.url:
                present[modality] = True
                report.to_fetch += 1
                continue
            try:
                data = media_loader.media_bytes(medium, tree)
                digests.append(hashlib.sha256(data).hexdigest()[:32])
                family = inspect(data)
                shown = _OF_FAMILY.get(family, modality)
                present[shown] = True
                moves = moves or (shown is Modality.IMAGE and family is Family.CONTAINER)
                picture = picture or (data if shown is Modality.IMAGE else b"")
                report.media_bytes += len(data)
            except KindredError as error:
                notices.append(media_loader.media_notice(draft, medium, error))
        skipped = not any(present.values()) and not draft.vectors
        for notice in notices:
            self._add_notice(replace(notice, skips_row=skipped))
        report.missing_media += any(n.code in MISSING for n in notices)
        if skipped:
            return
        for kind, vector in draft.vectors.items():
            report.widths.setdefault(kind.value, len(vector))
        report.usable += 1
        report.videos += moves
        for modality, is_present in present.items():
            report.modalities[modality.value] += is_present
        is_known = self._known.has(draft.post.id)
        if draft.language_open:
            draft = self._with_language(draft, is_known)
        state = self._state(draft, digests) if is_known else "new"
        setattr(report, state, getattr(report, state) + 1)
        if not draft.language_open:
            self._languages[draft.post.language or ""] += present[Modality.TEXT]
        if draft.post.user:
            self._users.add(text_hash(draft.post.user))
        content_digest = text_hash("\0".join([draft.post.text or "", *digests]))
        report.duplicates += content_digest in self._contents and not _has_url(draft)
        self._contents.add(content_digest)
        if time := draft.post.time:
            report.since = min(report.since or time, time)
            report.until = max(report.until or time, time)
        if len(report.preview) < PREVIEW:
            labels = {k: getattr(draft, k).label for k in ("image", "audio") if getattr(draft, k)}
            report.preview.append(replace(draft.post, **labels))
            if picture and (small := thumbnail(picture)):
                report.thumbnails[draft.post.id] = small

    def _with_language(self, draft: Draft, is_known: bool) -> Draft:
        """Identify the language of a post if it is among the first, or compared with another."""
        if self._identified >= LANGUAGES and not is_known:
            self._unidentified += 1
            return draft
        self._identified += 1
        return draft.with_language(languages.identify(draft.post.text or ""))

    def _state(self, draft: Draft, digests: list[str]) -> str:
        """Compare a post with the corpus: ``new``, ``changed``, ``same`` or ``unsure``."""
        state = self._known.state(draft.post.id, media_loader.fingerprint(draft, digests))
        if state != "new" and _has_url(draft):
            return "unsure"
        unreachable = any(notice.code == "not_fetched" for notice in draft.notices)
        if state == "changed" and unreachable and self._known.has_media(draft.post.id):
            return "same"  # keeps the media downloaded before, see `media_loader.gather`
        return state

    def finish(self, tree: Tree) -> None:
        report = self.report
        left: Counter[str] = Counter()
        for (file, what), count in tree.left_out.items():
            left[what] += count
            report.refused.append((file, f"left out: {count:,} {what}"))
        report.left_out = dict(left.most_common())
        unread = []
        if report.is_whole:  # else the time was over before some files
            unread = [name for name in tree.names() if name not in tree.opened]
        report.unread, report.unread_files = len(unread), unread[:SHOWN_FILES]
        report.refused += [(name, "not read: no post names it") for name in unread]
        del report.refused[settings().limits.problems :]
        if self._unidentified:
            message = (
                f"Languages are those of the first {self._identified:,} texts that do not say "
                "theirs; the import identifies all."
            )
            self._add_notice(Notice(0, "languages_sampled", message, skips_row=False))
        report.users = len(self._users)
        report.problems = dict(self._problems.most_common())
        report.languages = {c: n for c, n in self._languages.most_common() if n}


def _has_url(draft: Draft) -> bool:
    """Whether some of its media are behind addresses."""
    return any(medium and medium.url for medium in (draft.image, draft.audio))
