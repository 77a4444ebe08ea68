"""Say in a line what a source was recognised as, and what of it is left out or not read."""

from __future__ import annotations

import re

from backend.domain import Modality
from backend.ingest.readers.registry import titles
from backend.ingest.validate import Report

_KINDS = 4  # of what is left out
_FILES = 5  # that are named


def recognised(report: Report) -> str:
    """Return what a source is and holds, such as ``X (Twitter) archive: 1,204 posts, 18 videos``.

    Parameters
    ----------
    report : Report

    Returns
    -------
    str
        With what is left out on purpose after a semicolon.
    """
    things = {
        "picture": report.modalities[Modality.IMAGE.value] - report.videos,
        "video": report.videos,
        "sound": report.modalities[Modality.AUDIO.value],
    }
    parts = [_counted(report.usable, "post")]
    parts += [_counted(count, thing) for thing, count in things.items() if count > 0]
    left = [f"{n:,} {_short(what, n)}" for what, n in list(report.left_out.items())[:_KINDS]]
    if len(report.left_out) > _KINDS:
        rest = sum(list(report.left_out.values())[_KINDS:])
        left.append(f"{rest:,} other things")
    ignored = f"; {', '.join(left)} left out" if left else ""
    return f"{titles().get(report.format, report.format)}: {', '.join(parts)}{ignored}"


def unread(report: Report) -> str:
    """Return how many files no post names, and the first of them; empty for none."""
    if not report.unread:
        return ""
    names = ", ".join(name[-60:] for name in report.unread_files[:_FILES])
    more = report.unread - len(report.unread_files[:_FILES])
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{_counted(report.unread, 'file')} not read: {names}{rest}"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _short(what: str, count: int) -> str:
    """Return what is left out without the reason, in the singular for one.

    Examples
    --------
    >>> _short("direct messages, which are private", 41), _short("messages about the chat", 1)
    ('direct messages', 'message about the chat')
    """
    what = what.partition(", which")[0]
    if count != 1 or " are " in what or " were " in what:
        return what
    return re.sub(r"\b([a-z]{3,}?)(ies|s)\b", _singular, what, count=1)


def _singular(match: re.Match[str]) -> str:
    return match[1] + ("y" if match[2] == "ies" else "")
