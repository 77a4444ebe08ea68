"""``evaluate --errors``: the same figures from the command line, and the report."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from backend.cli import main
from backend.workspace.workspace import Workspace


def run(workspace: Workspace, *arguments: str) -> int:
    return main(["evaluate", *arguments, "--home", str(workspace.home), "--quiet"])


def test_json_names_posts(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, "--errors", "--label", "sentiment", "--model", "vader", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (model,) = found["models"]
    scored = workspace.error_analysis.predictions("vader", "sentiment")
    assert model["measures"]["accuracy"]["value"] == pytest.approx(scored.correct.mean(), abs=1e-4)
    assert sum(map(sum, model["confusion"])) == model["posts"] == len(scored)
    assert all(len(s["ids"]) == s["posts"] >= 10 for s in model["slices"])
    assert set(model["hardest"]) <= set(scored.ids[~scored.correct])
    assert {s["id"] for s in found["suspects"]} == set(scored.ground_truth.ids)


def test_text(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, "--errors", "--model", "vader", "--model", "probe") == 0
    output = capsys.readouterr().out
    assert "| accuracy |" in output and "McNemar" in output and "### probe" in output


def test_a_report_needs_nothing_else(workspace: Workspace, tmp_path: Path) -> None:
    page = workspace.error_analysis.report(["vader", "probe"], "sentiment", sample=0)
    assert page.startswith("<!doctype html>") and page.rstrip().endswith("</html>")
    for forbidden in ("<script", 'http-equiv="refresh"', "@import", "url("):
        assert forbidden not in page
    assert page.count("http-equiv") == 1  # the content policy: nothing from elsewhere
    assert "default-src 'none'" in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    for heading in ("Confusion", "Calibration", "Where it does worse", "Labels to look at"):
        assert heading in page
    assert "Side by side" in page and "data:image/webp;base64," in page


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["sentiment", "--errors"], 2),
        (["--errors", "--label", "nothing"], 1),
        (["--errors", "--model", "nobody"], 1),
        (["--errors", "--corpus", "nowhere"], 1),
        (["--errors", *["--model", "vader"] * 5], 2),
    ],
)
def test_bad_use(workspace: Workspace, arguments: list[str], code: int) -> None:
    assert run(workspace, *arguments) == code
