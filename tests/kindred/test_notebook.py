"""The notebook in docs/ runs from top to bottom, in a new workspace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "first_steps.ipynb"


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import kindred

    monkeypatch.setattr(kindred.open, "__defaults__", (tmp_path,))  # not the user's own
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    names: dict[str, object] = {"__name__": "__main__"}
    monkeypatch.chdir(NOTEBOOK.parent)
    for number, source in enumerate(code):
        exec(compile(source, f"cell {number}", "exec"), names)
