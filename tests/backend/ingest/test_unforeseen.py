from __future__ import annotations

import errno
import struct

import pytest

from backend.domain import KindredError
from backend.ingest.unforeseen import reading


@pytest.mark.parametrize(
    "error", [struct.error("4 bytes"), RecursionError(), KeyError("x"), OSError("bad header")]
)
def test_what_no_reader_foresaw_is_told_and_logged_under_one_number(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(KindredError) as told, reading("posts.xlsx"):
        raise error
    assert told.value.code == "unreadable" and told.value.message.startswith("posts.xlsx cannot")
    (record,) = caplog.records
    assert record.error_id in told.value.message  # type: ignore[attr-defined]
    assert record.exc_info is not None and record.exc_info[1] is error


@pytest.mark.parametrize(
    "error",
    [KindredError("empty", "No rows."), MemoryError(), OSError(errno.ENOSPC, "No space left")],
)
def test_what_says_nothing_of_the_source_stays_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as told, reading("posts.xlsx"):
        raise error
    assert told.value is error
