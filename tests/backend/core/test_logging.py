"""Logs tell what happened, not what posts say."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from backend.core.logging import JsonFormatter, TextFormatter, log_numbered
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


def test_the_number_that_users_are_told_is_in_both_logs(caplog: pytest.LogCaptureFixture) -> None:
    number = log_numbered(logging.getLogger("x"), "a page failed", ValueError("diary"), page="/a")
    (made,) = caplog.records
    assert f"a page failed, error {number}" in TextFormatter(content=False).format(made)
    said = json.loads(JsonFormatter(content=False).format(made))
    assert said["error_id"] == number and said["page"] == "/a" and len(number) == 8


def test_what_posts_say_stays_out() -> None:
    cause = KindredError("too_long", "diary one")
    error = ValueError("diary two")
    error.__cause__ = cause
    for form in (JsonFormatter(content=False), TextFormatter(content=False)):
        said = form.format(record(error))
        assert "diary" not in said and "KindredError (too_long)" in said
    assert "diary two" in TextFormatter(content=True).format(record(error))
