"""Logs tell what happened, not what posts say."""

from __future__ import annotations

import json
import logging
import sys

from backend.core.logging import JsonFormatter, TextFormatter
from backend.domain import KindredError


def record(error: Exception | None = None, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"name": "backend.x", "levelno": 40, "levelname": "ERROR"})
    made.msg, made.args = "row %d failed", (3,)
    if error is not None:
        try:
            raise error
        except Exception:
            made.exc_info = sys.exc_info()
    vars(made).update(extra)
    return made


def test_json_has_fields_and_frames() -> None:
    said = json.loads(
        JsonFormatter(content=False).format(record(ValueError("my diary"), error_id="ab"))
    )
    assert said["message"] == "row 3 failed" and said["level"] == "error"
    assert said["error"] == "ValueError" and said["error_id"] == "ab"
    assert any("test_logging.py" in frame for frame in said["frames"])


def test_what_posts_say_stays_out() -> None:
    cause = KindredError("too_long", "diary one")
    error = ValueError("diary two")
    error.__cause__ = cause
    for form in (JsonFormatter(content=False), TextFormatter(content=False)):
        said = form.format(record(error))
        assert "diary" not in said and "KindredError (too_long)" in said
    assert "diary two" in TextFormatter(content=True).format(record(error))
