"""The validation report: what an import would bring, before anything is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from backend.domain import KindredError, Modality, Post
from backend.ingest import media_loader
from backend.ingest.drafts import Draft, Medium, Notice, drafts
from backend.ingest.existing import ExistingPosts
from backend.ingest.pseudonyms import Pseudonyms
from backend.ingest.readers import registry
from backend.ingest.readers.base import Mapped, Options
from backend.ingest.readers.file_tree import Tree
from backend.media import Family, inspect
from backend.settings import settings

PREVIEW = 6
# What is missing or unusable, but leaves a post.
MISSING = ("no_media", "bad_media_path", "not_fetched")

Progress = Callable[[int], None]


@dataclass(slots=True)
class Report:
    """What an import would bring.

    Attributes
    ----------
    source, format, reason : str
        What is read, as what, and why.
    mapping : mapping of str to tuple of str
        Field to columns.
    columns : list of str
        All columns of the source.
    rows, usable : int
        Rows read; posts that they give.
    new, changed, same, unsure : int
        Of the usable ones, against what the corpus has. It has the unsure ones, and their
        media come from addresses: whether they changed is known when these are fetched.
    duplicates : int
        Usable posts that say the same as an earlier one; they are kept, and
        found once.
    missing_media : int
        Posts that lack a medium that their row names.
    to_fetch : int
        Addresses that will be fetched.
    users, reactions : int
    modalities, languages : mapping of str to int
        Posts; ``""`` for a language that is not known.
    since, until : datetime or None
    problems : mapping of str to int
        How often each code came up.
    notices : list of Notice
        The first of them, as many as the limits list.
    refused : list of (str, str)
        Files that are left out, with the reason.
    preview : list of Post
        The first posts.
    media_bytes : int
    """

    source: str
    format: str
    reason: str
    mapping: Mapped
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
    preview: list[Post] = field(default_factory=list)
    media_bytes: int = 0

    def as_json(self) -> dict[str, Any]:
        """As plain JSON."""
        made = asdict(self) | {"preview": [post.id for post in self.preview]}
        for name in ("since", "until"):
            made[name] = made[name].isoformat() if made[name] else None
        return made


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
    """Read a source through and say what it would bring; nothing is written or fetched.

    Every row is mapped and cleaned and every file is opened; files are decoded
    only when they are imported, so a damaged one may show then.

    Parameters
    ----------
    tree : Tree
    options : Options
    format_ : str
        Empty: found out.
    keys : Pseudonyms, optional
        Needed to pseudonymise.
    known : ExistingPosts, optional
        What the corpus has.
    progress : callable, optional
        Called with the rows read.
    stop : callable, optional
        Asked now and then; true ends it with ``stopped``.

    Returns
    -------
    Report

    Raises
    ------
    KindredError
        When the source as a whole cannot be read.
    """
    reason = "as you chose"
    if not format_:
        format_, reason = registry.detect(tree)
    mapped = registry.mapping(tree, format_, options)
    _check_mapping(mapped)
    columns = registry.columns(tree, format_, options)[0]
    report = Report(tree.path.name, format_, reason, mapped, columns)
    report.refused = tree.refused[: settings().limits.problems]
    counts = _Counts(report, known or ExistingPosts())
    options = replace(options, mapping=mapped)
    for done, item in enumerate(drafts(tree, format_, options, keys), start=1):
        counts.take(item, tree)
        if done % 256 == 0:
            if progress is not None:
                progress(done)
            if stop is not None and stop():
                raise KindredError("stopped", "The check was stopped.")
    counts.finish()
    if progress is not None:
        progress(report.rows)
    return report


def _check_mapping(mapped: Mapped) -> None:
    if not any(mapped.get(f) for f in ("text", "image", "audio", "title")):
        raise KindredError(
            "no_mapping",
            "None of the columns was recognised as text, image or audio; choose which is which.",
        )


class _Counts:
    def __init__(self, report: Report, known: ExistingPosts) -> None:
        self.report, self._known = report, known
        self._problems: Counter[str] = Counter()
        self._languages: Counter[str] = Counter()
        self._users: set[bytes] = set()
        self._contents: set[bytes] = set()

    def take(self, item: Any, tree: Tree) -> None:
        report = self.report
        if isinstance(item, Notice):
            report.rows += 1
            self._notice(item)
        elif isinstance(item, Draft):
            report.rows += 1
            report.reactions += len(item.reactions)
            self._draft(item, tree)
        else:
            report.reactions += 1

    def _notice(self, notice: Notice) -> None:
        self._problems[notice.code] += 1
        if len(self.report.notices) < settings().limits.problems:
            self.report.notices.append(notice)

    def _draft(self, draft: Draft, tree: Tree) -> None:
        report = self.report
        notices, digests = list(draft.notices), []
        there = {Modality.TEXT: draft.post.text is not None}
        for modality in (Modality.IMAGE, Modality.AUDIO):
            medium: Medium | None = getattr(draft, modality.value)
            if medium is None:
                continue
            there[modality] = True
            if medium.url:
                report.to_fetch += 1
                continue
            try:
                data = media_loader.bytes_of(medium, tree)
                digests.append(hashlib.sha256(data).hexdigest()[:32])
                _fits(inspect(data), modality)
                report.media_bytes += len(data)
            except KindredError as error:
                there[modality] = False
                said = error.message
                said = said if medium.shown in said else f"{medium.shown}: {said}"
                notices.append(Notice(draft.number, error.code, said, lost=False))
        lost = not any(there.values())
        for notice in notices:
            self._notice(replace(notice, lost=lost))
        report.missing_media += any(n.code in MISSING for n in notices)
        if lost:
            return
        report.usable += 1
        for modality, has in there.items():
            report.modalities[modality.value] += has
        state = self._state(draft, digests)
        setattr(report, state, getattr(report, state) + 1)
        self._languages[draft.post.language or ""] += there[Modality.TEXT]
        if draft.post.user:
            self._users.add(_short(draft.post.user))
        told = _short("\0".join([draft.post.text or "", *digests]))
        report.duplicates += told in self._contents and not _fetched(draft)
        self._contents.add(told)
        if time := draft.post.time:
            report.since = min(report.since or time, time)
            report.until = max(report.until or time, time)
        if len(report.preview) < PREVIEW:
            shown = {k: getattr(draft, k).shown for k in ("image", "audio") if getattr(draft, k)}
            report.preview.append(replace(draft.post, **shown))

    def _state(self, draft: Draft, digests: list[str]) -> str:
        """What the import will find of a post: ``new``, ``changed``, ``same`` or ``unsure``."""
        state = self._known.state(draft.post.id, media_loader.fingerprint(draft, digests))
        if state != "new" and _fetched(draft):
            return "unsure"
        out_of_reach = any(notice.code == "not_fetched" for notice in draft.notices)
        if state == "changed" and out_of_reach and self._known.has_media(draft.post.id):
            return "same"  # it keeps what was fetched once, see `loading.gather`
        return state

    def finish(self) -> None:
        report = self.report
        report.users = len(self._users)
        report.problems = dict(self._problems.most_common())
        report.languages = {c: n for c, n in self._languages.most_common() if n}


def _fits(family: Family, modality: Modality) -> None:
    wrong = {Modality.IMAGE: Family.SOUND, Modality.AUDIO: Family.IMAGE}
    if family is wrong[modality]:
        raise KindredError(
            f"not_{modality}", f"It is {family.value}, although it is named as {modality}."
        )


def _fetched(draft: Draft) -> bool:
    """Whether some of its media come from addresses."""
    return any(medium and medium.url for medium in (draft.image, draft.audio))


def _short(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def lost(report: Report) -> int:
    """Rows that give no post."""
    return report.rows - report.usable


def summary(problems: Mapping[str, int]) -> str:
    """Problems in a line.

    Examples
    --------
    >>> summary({"no_media": 3, "bad_time": 1})
    'no media: 3, bad time: 1'
    """
    return ", ".join(f"{code.replace('_', ' ')}: {n:,}" for code, n in problems.items())
