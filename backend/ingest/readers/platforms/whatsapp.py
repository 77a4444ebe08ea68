"""Read chats that WhatsApp exports: a text in the language of the phone, and its media."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice, pairwise

from backend.domain import KindredError
from backend.ingest.readers import encoding
from backend.ingest.readers.base import Options, Row
from backend.ingest.readers.file_tree import Tree
from backend.ingest.readers.platforms import common
from backend.settings import settings

NAME = "whatsapp"
TITLE = "WhatsApp chat"
_HALF = r"[AaPp]\.?[\s\u00a0\u202f]?[Mm]\.?|오전|오후|上午|下午|午前|午後|ص|م"
_MARKS = "\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
_HEAD = re.compile(
    rf"[{_MARKS}]*\[?(?P<one>\d{{1,4}})(?:[./-]|년|年)\s?(?P<two>\d{{1,2}})(?:[./-]|월|月)\s?"
    rf"(?P<three>\d{{1,4}})(?:[.일日])?[,،]?\s*(?:(?:à|um|at|às|kl\.?|o|u|alle)\s+|a las?\s+)?"
    rf"(?P<early>{_HALF})?\s?(?P<hour>\d{{1,2}})[:.](?P<minute>\d\d)(?:[:.](?P<second>\d\d))?"
    rf"[\s\u00a0\u202f]*(?P<late>{_HALF})?(?:\s?Uhr)?(?:\]\s|\s[-–]\s|,\s)(?P<rest>.*)",
    re.DOTALL,
)
_ATTACHED = re.compile(
    r"[\u200e\u200f]*(?:<[^<>:]{3,40}\s?: ?(?P<ios>[^<>/\\]{1,200}\.\w{2,5})>"
    r"|(?P<android>[^/\\\n]{1,200}\.\w{2,5}) \([^()\n]{5,40}\))(?P<caption>.*)",
    re.DOTALL,
)
_NOT_EXPORTED = re.compile(r"[\u200e\u200f]*<[^<>\n:]{3,60}>\s*")
_EDITED = re.compile(r"\s*[\u200e\u200f]*<[^<>\n:]{8,80}>\s*$")
# Words of messages that were deleted, or whose medium was left out, in the common languages.
_DELETED = re.compile(
    r"(?i)(deleted|gelöscht|supprimé|elimin|apagad|verwijderd|удален|silindi|usunięt)"
)
_OMITTED = re.compile(
    r"(?i)\b(omitted|weggelassen|ausgeschlossen|omis|absente?|omess|ocult|omitid)"
)
_DATED = 200_000  # lines whose dates show which number is the day
_SHORT = 60  # characters of such a message
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".mp4", ".3gp", ".mov", ".heic", ".mkv")
_SOUNDS = (".opus", ".ogg", ".mp3", ".m4a", ".aac", ".amr", ".wav")
_PEEKED = 40  # lines
_START = 36  # characters, in which date and time stand
_AFTERNOON = ("p", "오후", "下午", "午後", "م")


def _head(line: str | None) -> re.Match[str] | None:
    """Match the start of a message; in Arabic and Hebrew its parts have marks between them."""
    if not line:
        return None
    match = _HEAD.match(line)
    if match is None and "\u200f" in line[:_START]:
        match = _HEAD.match(re.sub(f"[{_MARKS}]", "", line[:_START]) + line[_START:])
    return match


@dataclass(slots=True)
class _Message:
    number: int
    date: tuple[int, int, int]
    time: tuple[int, int, int]
    rest: list[str] = field(default_factory=list)
    size: int = 0


def matches(tree: Tree) -> str | None:
    """Return why the source is a chat of WhatsApp, and how its dates are read."""
    chats = _chats(tree)
    if not chats:
        return None
    order = _order(tree, chats[0])
    return f"{chats[0]} is a WhatsApp chat, its dates read as {order}"


def _chats(tree: Tree) -> list[str]:
    return [name for name in tree.names(".txt")[:100] if _is_chat(tree, name)]


def _is_chat(tree: Tree, name: str) -> bool:
    try:
        head = tree.head(name, 2**13).decode("utf-8", "replace").splitlines()[:_PEEKED]
    except KindredError:
        return False
    lines = [line for line in head if line.strip()]
    if not lines or not _head(lines[0]):
        return False
    found = [m for m in map(_head, lines) if m]
    return any(": " in m["rest"] or m["rest"].endswith(":") for m in found)


def read(tree: Tree, options: Options) -> Iterator[Row]:
    """Yield a row for each message."""
    chats = [options.table] if options.table else _chats(tree)
    for name in chats:
        order = _order(tree, name)
        left: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        for message in _messages(tree, name):
            try:
                cells = _cells(message, order)
            except common.LeftOut as what:
                left[str(what)] += 1
                continue
            except ValueError:
                error = KindredError("bad_time", "The date of this message is none.")
                yield Row(message.number, error=error)
                continue
            # The time has minutes only: the same words may be said twice in one.
            said = repr([cells.get(k) for k in ("text", "user", "time", "image", "audio")])
            seen[said] += 1
            digest = hashlib.sha256(f"{said}{seen[said]}".encode()).hexdigest()[:24]
            cells |= {"id": f"wa-{digest}"} | ({"chat": _title(name)} if len(chats) > 1 else {})
            yield common.row(message.number, cells, name)
        for group, count in left.items():
            tree.leave_out(name, group, count)


def _title(name: str) -> str:
    folder, _, base = name.rpartition("/")
    return folder.rpartition("/")[2] if base.lower() == "_chat.txt" else base.removesuffix(".txt")


def _messages(tree: Tree, name: str) -> Iterator[_Message]:
    """Yield messages; lines without a date belong to the message before them."""
    limit = settings().limits.line_bytes
    message: _Message | None = None
    with tree.open(name) as file:
        code = "utf-16" if tree.head(name, 2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        for number, line in enumerate(encoding.lines(file, code, limit), start=1):
            match = _head(line)
            if match:
                if message is not None:
                    yield message
                message = _message(number, match)
            elif message is not None and line is not None and message.size < limit:
                message.rest.append(line)
                message.size += len(line)
    if message is not None:
        yield message


def _message(number: int, match: re.Match[str]) -> _Message:
    hour = int(match["hour"])
    half = (match["early"] or match["late"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    date = int(match["one"]), int(match["two"]), int(match["three"])
    time = hour, int(match["minute"]), int(match["second"] or 0)
    return _Message(number, date, time, [match["rest"]], len(match["rest"]))


def _order(tree: Tree, name: str) -> str:
    """Return the order of the dates: year first, or what no date speaks against.

    Where both orders are possible, that in which the messages come one after the other.
    """
    found: dict[str, None] = {}
    halves = False
    with tree.open(name) as file:
        for line in islice(encoding.lines(file, "utf-8", settings().limits.line_bytes), _DATED):
            match = _head(line)
            if match is None:
                continue
            one, two = int(match["one"]), int(match["two"])
            if one > 31:
                return "year/month/day"
            if one > 12:
                return "day/month/year"
            if two > 12:
                return "month/day/year"
            halves = halves or bool(match["late"])
            found.setdefault(f"{match['three']} {one} {two}")
    days = [tuple(map(int, day.split())) for day in found]
    if len(days) > 1:
        by_day = sum((y, m, d) > (Y, M, D) for (y, d, m), (Y, D, M) in pairwise(days))
        by_month = sum(a > b for a, b in pairwise(days))
        if by_day != by_month:
            return "day/month/year" if by_day < by_month else "month/day/year"
    return "month/day/year" if halves else "day/month/year"


def _time(message: _Message, order: str) -> datetime:
    one, two, three = message.date
    if order.startswith("year"):
        year, month, day = one, two, three
    elif order.startswith("month"):
        month, day, year = one, two, three
    else:
        day, month, year = one, two, three
    return datetime(year + 2000 if year < 100 else year, month, day, *message.time, tzinfo=UTC)


def _cells(message: _Message, order: str) -> common.Cells:
    who, colon, first_line = message.rest[0].partition(":")
    if not colon or len(who) > 120:
        raise common.LeftOut("messages about the chat")
    user = re.sub(rf"[{_MARKS}]", "", who).strip().removeprefix("~").strip("\u202f\u00a0 ")
    said = (first_line.removeprefix(" ") + "".join(message.rest[1:])).rstrip()
    time = _time(message, order)
    cells: common.Cells = {"user": user, "time": time}
    attached = _ATTACHED.fullmatch(said)
    if attached:
        file = (attached["ios"] or attached["android"]).strip("\u200e\u200f ")
        words = attached["caption"].strip("\u200e\u200f \r\n")
        if file.lower().endswith(_PICTURES):
            return cells | {"text": words, "image": file}
        if file.lower().endswith(_SOUNDS):
            return cells | {"text": words, "audio": file}
        if not words:
            raise common.LeftOut("documents and contacts")
        return cells | {"text": words}
    if _NOT_EXPORTED.fullmatch(said) or (said.startswith("\u200e") and _OMITTED.search(said)):
        raise common.LeftOut("messages whose media were not exported")
    if (
        len(said) < _SHORT
        and _DELETED.search(said)
        and (said.startswith("\u200e") or _is_deletion(said))
    ):
        raise common.LeftOut("deleted messages")
    if said.startswith("\u200e") and not _EDITED.search(said):
        raise common.LeftOut("messages about the chat")
    words = (
        _EDITED.sub("", said) if "\u200e<" in said or "<This message was edited>" in said else said
    )
    return cells | {"text": words.strip(), "tags": common.hashtags(words)}


def _is_deletion(said: str) -> bool:
    """Whether these are WhatsApp's own words for a deleted message, without a mark before them."""
    return bool(
        re.fullmatch(
            r"(?i)(you deleted this message|this message was deleted|diese nachricht wurde gelöscht"
            r"|du hast diese nachricht gelöscht|ce message a été supprimé"
            r"|vous avez supprimé ce message|(se )?elimin(ó|aste) este mensaje|"
            r"questo messaggio è stato eliminato|hai eliminato questo messaggio|"
            r"(esta )?mensagem apagada|você apagou esta mensagem|dit bericht is verwijderd)\.?",
            said.strip(),
        )
    )


mapping = common.mapping
