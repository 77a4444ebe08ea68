"""Logs as text or JSON, without the content of posts.

The message of an exception often quotes the content that caused it, so it is left out unless
the settings allow it: its type and the lines of code are what help.
"""

from __future__ import annotations

import json
import logging
import secrets
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
# The standard attributes of a log record; all others were passed as `extra`.
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def describe_error(error: BaseException, *, content: bool) -> str:
    """Return the type of an exception, its code if it has one, and its message if allowed."""
    name = type(error).__name__
    if isinstance(error, KindredError):
        name += f" ({error.code})"
    return f"{name}: {error}" if content else name


def log_numbered(log: logging.Logger, message: str, error: BaseException, **extra: object) -> str:
    """Log what nobody foresaw, and return the random number that users are told of it."""
    number = secrets.token_hex(4)
    log.error("%s, error %s", message, number, extra={"error_id": number, **extra}, exc_info=error)
    return number


def frames(error: BaseException, *, content: bool) -> list[str]:
    """Return the lines of code of an exception and of its causes, the innermost last."""
    lines = [
        f"{frame.filename}:{frame.lineno} in {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    lines.append(describe_error(error, content=content))
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [*(frames(cause, content=content) if cause else ()), *lines]


class TextFormatter(logging.Formatter):
    """One line of text per record, followed by the frames of an exception."""

    def __init__(self, *, content: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._content = content

    def formatException(self, ei: Caught) -> str:
        """Return the frames of an exception."""
        return "\n".join(f"  {f}" for f in frames(ei[1], content=self._content)) if ei[1] else ""


class JsonFormatter(logging.Formatter):
    """One line of JSON per record, with the fields of ``extra``."""

    def __init__(self, *, content: bool) -> None:
        super().__init__()
        self._content = content

    def format(self, record: logging.LogRecord) -> str:
        """Return one record as JSON."""
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{
                k: v
                for k, v in vars(record).items()
                if k not in _STANDARD and not k.startswith("_")
            },
        }
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            fields["error"] = describe_error(error, content=self._content)
            fields["frames"] = frames(error, content=self._content)
        return json.dumps(fields, default=str, ensure_ascii=False)


def configure() -> None:
    """Configure logging by the settings; call it again after they change."""
    log, content = settings().log, settings().log_content
    formatter = (JsonFormatter if log == "json" else TextFormatter)(content=content)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    for name in ("backend", "app"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
    # Each logger of Streamlit has a handler of its own; they also log the exceptions of pages.
    for name in [n for n in logging.root.manager.loggerDict if n.startswith("streamlit")]:
        for other in logging.getLogger(name).handlers:
            other.setFormatter(formatter)
