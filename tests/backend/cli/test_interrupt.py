"""An interrupted command says whether it can be resumed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from backend import cli
from backend.cli import analyse, export


def interrupt(workspace: object, args: Namespace) -> int:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (["analyse", "posts.jsonl", "-o", "out.jsonl"], "kindred: interrupted; run it again"),
        (["analyse", "posts.jsonl"], "kindred: interrupted\n"),  # printed, so nothing is kept
        (["export", "--list"], "kindred: interrupted\n"),
    ],
)
def test_only_what_is_written_to_a_file_can_be_resumed(
    arguments: list[str],
    advice: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in (analyse, export):
        monkeypatch.setattr(command, "run", interrupt)
    assert cli.main([*arguments, "--home", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(advice)
