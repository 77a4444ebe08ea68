"""The line of progress."""

from __future__ import annotations

from argparse import Namespace

import pytest

from backend.cli import shell


def test_the_time_left_is_of_the_work_and_in_units_that_people_use(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 100.0, 110.0, 200.0])
    monkeypatch.setattr(shell.time, "monotonic", lambda: next(clock))
    report = shell.progress_line(Namespace(quiet=False), "Encoded")
    assert report is not None
    report(0, 1_000)  # models were loaded for 100 seconds before
    report(10, 1_000)
    report(1_000, 1_000)
    assert capsys.readouterr().err.splitlines() == [
        "Encoded: 0 of 1,000 (0.0/s)",
        "Encoded: 10 of 1,000 (1.0/s, 16 minutes left)",
        "Encoded: 1,000 of 1,000 (10.0/s)",
    ]
