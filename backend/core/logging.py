"""Logs for machines and people that say what happened, and not what posts say.

An exception's message often quotes what could not be handled, so it is left
out, unless the settings allow it: its type and the lines of code are what help.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import TypeAlias

from backend.domain import KindredError
from backend.settings import settings

Caught: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)
# What a log record has of its own; everything else was given as `extra`.
_OWN = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def told(error: BaseException, *, content: bool) -> str:
    """An exception as logs tell it: its type, and its code where it has one."""
    name = type(error).__name__
    if isinstance(error, KindredError):
        name += f" ({error.code})"
    return f"{name}: {error}" if content else name


def frames(error: BaseException, *, content: bool) -> list[str]:
    """Where an exception came from, with its causes."""
    lines = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    lines.append(told(error, content=content))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [*(frames(cause, content=content) if cause else ()), *lines]


class TextFormatter(logging.Formatter):
    """A line for a person, with the frames of an exception below."""

    def __init__(self, *, content: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._content = content

    def formatException(self, ei: Caught) -> str:
        """The frames of an exception."""
        return "\n".join(f"  {f}" for f in frames(ei[1], content=self._content)) if ei[1] else ""


class JsonFormatter(logging.Formatter):
    """A line of JSON, with what was given as ``extra`` as fields of its own."""

    def __init__(self, *, content: bool) -> None:
        super().__init__()
        self._content = content

    def format(self, record: logging.LogRecord) -> str:
        """One record."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{k: v for k, v in vars(record).items() if k not in _OWN and not k.startswith("_")},
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            said["error"] = told(error, content=self._content)
            said["frames"] = frames(error, content=self._content)
        return json.dumps(said, default=str, ensure_ascii=False)


def configure() -> None:
    """Let this process log as the settings say; once, or again after they have changed."""
    chosen = settings()
    form = (JsonFormatter if chosen.log == "json" else TextFormatter)(content=chosen.log_content)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(form)
    for name in ("backend", "app"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    # Streamlit gives each of its loggers a handler; they log what pages raise, too.
    for name in [n for n in logging.root.manager.loggerDict if n.startswith("streamlit")]:
        for other in logging.getLogger(name).handlers:
            other.setFormatter(form)
